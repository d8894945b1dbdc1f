"""Commands that look names up and try connections."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from lwstui.sandbox.network import DNS_SERVER, Reached, Refused, full_hostname
from lwstui.sandbox.shell.programs import (
    Command,
    Interrupted,
    Out,
    Pause,
    Program,
    Session,
    Step,
    failed,
)
from lwstui.sandbox.shell.text import bad_option

_ENDLESS = 10**9
_CONNECT_S = 5.0


def getent(session: Session, args: Sequence[str]) -> Program:
    """Print the addresses of host names, as the resolver finds them."""
    if len(args) < 2 or args[0] not in ("hosts", "ahosts", "ahostsv4"):
        return (yield from failed("getent: the simulated command knows: getent hosts NAME", 1))
    code = 0
    for name in args[1:]:
        found_as, addresses = session.network.resolve(session.pod, name)
        names = session.network.names_of(name) if found_as == name else ()
        if not addresses or (name in addresses and not names):
            code = 2
        for each in addresses if not code else ():
            yield Out(f"{each:<15} {' '.join(names) or found_as}\n")
    return code


def nslookup(session: Session, args: Sequence[str]) -> Program:
    """Ask the cluster's DNS server for a name."""
    names = [arg for arg in args if not arg.startswith("-")]
    if not names:
        return (yield from bad_option("nslookup", args))
    yield Out(f"Server:\t\t{DNS_SERVER}\nAddress:\t{DNS_SERVER}#53\n\n")
    found_as, addresses = session.network.query(session.pod, names[0])
    for each in addresses:
        yield Out(f"Name:\t{found_as}\nAddress: {each}\n")
    if not addresses:
        yield Out(f"** server can't find {names[0]}: NXDOMAIN\n")
    yield Out("\n")
    return int(not addresses)


@dataclass(frozen=True, slots=True)
class _Ping:
    name: str
    count: int
    interval_s: float
    quiet: bool


def _ping_arguments(args: Sequence[str]) -> _Ping | None:
    name, values = "", {"-c": str(_ENDLESS), "-i": "1", "-W": "1", "-w": "", "-s": ""}
    rest, quiet = list(args), False
    while rest:
        arg = rest.pop(0)
        if arg in values and rest:
            values[arg] = rest.pop(0)
        elif arg[:2] in values and arg[2:]:
            values[arg[:2]] = arg[2:]
        elif arg in ("-q", "-4", "-n"):
            quiet = quiet or arg == "-q"
        elif arg.startswith("-") or name:
            return None
        else:
            name = arg
    try:
        return _Ping(name, int(values["-c"]), float(values["-i"]), quiet) if name else None
    except ValueError:
        return None


def ping(session: Session, args: Sequence[str]) -> Program:
    """Send echo requests until told to stop, one a simulated second."""
    asked = _ping_arguments(args)
    if asked is None:
        return (yield from failed("ping: usage: ping [-c count] [-i interval] [-q] destination", 2))
    found_as, addresses = session.network.resolve(session.pod, asked.name)
    if not addresses:
        return (yield from failed(f"ping: {asked.name}: Name or service not known", 2))
    ip = addresses[0]
    yield Out(f"PING {found_as} ({ip}) 56(84) bytes of data.\n")
    sent, times = 0, []
    try:
        while sent < asked.count:
            if sent:
                yield Pause(asked.interval_s)
            sent += 1
            time_ms = _time_ms(session, ip, sent)
            if time_ms is None:
                continue
            times.append(time_ms)
            if not asked.quiet:
                who = f"{found_as} ({ip})" if found_as != ip else _reverse(session, ip)
                yield Out(f"64 bytes from {who}: icmp_seq={sent} ttl=62 time={time_ms:.3f} ms\n")
        if len(times) < sent:
            yield Pause(1.0)
    except Interrupted:
        pass
    yield Out(_statistics(found_as, sent, times, asked.interval_s))
    return int(not times)


def _reverse(session: Session, ip: str) -> str:
    names = session.network.names_of(ip)
    return f"{names[0]} ({ip})" if names and "." in names[0] else ip


def _time_ms(session: Session, ip: str, number: int) -> float | None:
    """Return how long an answer takes, None when nobody is at the address now."""
    if ip.startswith("127.") or full_hostname(session.pod) in session.network.names_of(ip):
        return session.process.scene.dice("ping", ip, number).uniform(0.02, 0.06)
    if not session.network.reaches(session.pod, ip):
        return None
    return session.process.scene.dice("ping", ip, number).uniform(0.15, 0.45)


def _statistics(name: str, sent: int, times: Sequence[float], interval_s: float) -> str:
    lost = round(100 * (sent - len(times)) / max(1, sent))
    took_ms = round(max(0, sent - 1) * interval_s * 1000) + len(times)
    text = (
        f"\n--- {name} ping statistics ---\n{sent} packets transmitted, {len(times)} received, "
        f"{lost}% packet loss, time {took_ms}ms\n"
    )
    if not times:
        return text
    mean = sum(times) / len(times)
    spread = (sum((each - mean) ** 2 for each in times) / len(times)) ** 0.5
    figures = f"{min(times):.3f}/{mean:.3f}/{max(times):.3f}/{spread:.3f}"
    return f"{text}rtt min/avg/max/mdev = {figures} ms\n"


def nc(session: Session, args: Sequence[str]) -> Program:
    """Try a TCP port, as ``nc -zv`` does."""
    flags = "".join(arg[1:] for arg in args if arg.startswith("-"))
    operands = [arg for arg in args if not arg.startswith("-")]
    wait_s = _CONNECT_S
    if "w" in flags and len(operands) == 3 and operands[0].isdigit():
        wait_s = float(operands.pop(0))
    if "z" not in flags or len(operands) != 2 or not operands[1].isdigit():
        return (yield from failed("nc: the simulated command knows: nc -zv [-w SECONDS] HOST PORT"))
    host, port = operands[0], int(operands[1])
    _, addresses = session.network.resolve(session.pod, host)
    if not addresses:
        why = f'nc: getaddrinfo for host "{host}" port {port}: Name or service not known'
        return (yield from failed(why))
    reached = yield from connect(session, addresses[0], port, wait_s)
    at = f"{host} ({addresses[0]}) {port} port"
    if isinstance(reached, Refused):
        what = "Connection refused" if reached.at_once else "Connection timed out"
        where = f"{host} ({addresses[0]}) port {port} (tcp)"
        return (yield from failed(f"nc: connect to {where} failed: {what}"))
    if "v" in flags:
        yield Out(f"Connection to {at} [tcp/*] succeeded!\n", error=True)
    return 0


def connect(
    session: Session, ip: str, port: int, wait_s: float
) -> Generator[Step, str | None, Reached | Refused]:
    """Return what is at an address, after the wait that it takes to find nothing."""
    reached = session.network.connect(session.pod, ip, port)
    if isinstance(reached, Refused) and not reached.at_once:
        yield Pause(wait_s)
    return reached


COMMANDS: dict[str, Command] = {"getent": getent, "nc": nc, "nslookup": nslookup, "ping": ping}
