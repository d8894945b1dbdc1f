"""Commands about the container itself: environment, files, processes, who and where one is."""

from collections.abc import Sequence
from datetime import UTC, datetime

from lwstui.sandbox.network import DNS_SERVER, address, full_hostname, hostname, search_domains
from lwstui.sandbox.objects import Json
from lwstui.sandbox.shell.disk import ROOT, is_folder
from lwstui.sandbox.shell.programs import (
    Command,
    Out,
    Pause,
    Program,
    Session,
    failed,
    printed,
)
from lwstui.sandbox.shell.text import bad_option, options

_FOREVER_S = 10.0**9
_UNITS_S = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def env(session: Session, args: Sequence[str]) -> Program:
    """Print the environment."""
    if args:
        return failed("env: the simulated command only prints the environment", 125)
    return printed("".join(f"{name}={value}\n" for name, value in session.env.items()))


def printenv(session: Session, args: Sequence[str]) -> Program:
    """Print some variables, or all."""
    if not args:
        return env(session, ())
    found = [session.env[name] for name in args if name in session.env]
    return printed("".join(f"{value}\n" for value in found), int(len(found) < len(args)))


def echo(_: Session, args: Sequence[str]) -> Program:
    """Print the arguments."""
    words, end, escapes = list(args), "\n", False
    while words and words[0] in ("-n", "-e", "-ne", "-en"):
        flag = words.pop(0)
        end = "" if "n" in flag else end
        escapes = escapes or "e" in flag
    text = " ".join(words)
    if escapes:
        text = text.replace("\\n", "\n").replace("\\t", "\t")
    return printed(text + end)


def show_hostname(session: Session, args: Sequence[str]) -> Program:
    """Print the host name: short, fully qualified, its domain or its address."""
    full = full_hostname(session.pod)
    told = {
        (): hostname(session.pod),
        ("-s",): hostname(session.pod),
        ("-f",): full,
        ("--fqdn",): full,
        ("-d",): full.partition(".")[2],
        ("-i",): address(session.pod),
        ("-I",): address(session.pod),
    }
    text = told.get(tuple(args))
    return bad_option("hostname", args) if text is None else printed(f"{text}\n")


def ls(session: Session, args: Sequence[str]) -> Program:
    """List what the container is known to have."""
    found = options(args, "la1hd")
    if found is None:
        return bad_option("ls", args)
    flags, paths = found
    return _list(session, paths or ["/"], long="l" in flags or "1" in flags)


def _list(session: Session, paths: Sequence[str], *, long: bool) -> Program:
    code = 0
    for path in paths:
        names = _entries(session, path.rstrip("/") or "/")
        if names is None:
            yield Out(f"ls: cannot access '{path}': No such file or directory\n", error=True)
            code = 2
        elif names:
            yield Out(("\n" if long else "  ").join(names) + "\n")
    return code


def _entries(session: Session, path: str) -> list[str] | None:
    """Return the names below a path, or the path of a file; None for what is not there."""
    mounts = [str(each["mountPath"]) for each in session.process.spec.get("volumeMounts") or ()]
    if path in session.files:
        return [path]
    prefix = "" if path == "/" else path
    below = {
        each[len(prefix) + 1 :].partition("/")[0]
        for each in (
            *session.files,
            *session.disk.folders,
            *mounts,
            *(f"/{name}" for name in ROOT),
        )
        if each.startswith(f"{prefix}/")
    }
    return sorted(below) if is_folder(session, path) else None


def ps(session: Session, _: Sequence[str]) -> Program:
    """List the container's process and this command."""
    spec, scene = session.process.spec, session.process.scene
    command = " ".join([*(spec.get("command") or ()), *(spec.get("args") or ())])
    command = command or scene.engine.kind.value
    started = datetime.fromtimestamp(scene.started_at, UTC).strftime("%H:%M")
    rows = [
        f"{'USER':<8} {'PID':>5} STIME COMMAND",
        f"{_user(session):<8} {1:>5} {started} {command}",
        f"{_user(session):<8} {97:>5} {started} ps",
    ]
    return printed("\n".join(rows) + "\n")


def _uid(session: Session) -> int:
    for context in (session.process.spec, session.pod["spec"]):
        uid = (context.get("securityContext") or {}).get("runAsUser")
        if isinstance(uid, int):
            return uid
    return 101 if "unprivileged" in session.process.scene.image else 0


def _user(session: Session) -> str:
    uid = _uid(session)
    return {0: "root", 101: "nginx"}.get(uid, str(uid))


def whoami(session: Session, _: Sequence[str]) -> Program:
    """Print the user's name."""
    return printed(f"{_user(session)}\n")


def show_id(session: Session, args: Sequence[str]) -> Program:
    """Print the user's number."""
    uid, name = _uid(session), _user(session)
    if tuple(args) == ("-u",):
        return printed(f"{uid}\n")
    return printed(f"uid={uid}({name}) gid={uid}({name}) groups={uid}({name})\n")


def pwd(_: Session, __: Sequence[str]) -> Program:
    """Print where one is."""
    return printed("/\n")


def date(session: Session, args: Sequence[str]) -> Program:
    """Print the time, as a form after ``+`` asks."""
    now = datetime.fromtimestamp(session.look().now, UTC)
    forms = [arg[1:] for arg in args if arg.startswith("+")]
    form = forms[0] if forms else "%a %b %e %H:%M:%S UTC %Y"
    return printed(now.strftime(form) + "\n")


def uname(session: Session, args: Sequence[str]) -> Program:
    """Print the kernel's name and version."""
    kernel = str((session.node.get("status") or {}).get("nodeInfo", {}).get("kernelVersion", ""))
    told = {
        (): "Linux",
        ("-s",): "Linux",
        ("-r",): kernel,
        ("-n",): hostname(session.pod),
        ("-m",): "x86_64",
        ("-a",): f"Linux {hostname(session.pod)} {kernel} #1 SMP x86_64 GNU/Linux",
    }
    text = told.get(tuple(args))
    return bad_option("uname", args) if text is None else printed(f"{text}\n")


def sleep(_: Session, args: Sequence[str]) -> Program:
    """Wait, in simulated seconds."""
    if not args:
        return (yield from failed("sleep: missing operand"))
    total_s = 0.0
    for arg in args:
        number, unit = (arg[:-1], _UNITS_S[arg[-1]]) if arg[-1:] in _UNITS_S else (arg, 1.0)
        try:
            total_s += _FOREVER_S if arg == "infinity" else float(number) * unit
        except ValueError:
            return (yield from failed(f"sleep: invalid time interval '{arg}'"))
    yield Pause(max(0.0, min(total_s, _FOREVER_S)))
    return 0


def true(_: Session, __: Sequence[str]) -> Program:
    """Succeed."""
    return printed("")


def false(_: Session, __: Sequence[str]) -> Program:
    """Fail."""
    return printed("", 1)


def _hosts(pod: Json, names: str) -> str:
    """Return ``/etc/hosts`` as a kubelet writes it."""
    rows = [
        "# Kubernetes-managed hosts file.",
        "127.0.0.1\tlocalhost",
        "::1\tlocalhost ip6-localhost ip6-loopback",
        "fe00::0\tip6-localnet",
        f"{address(pod)}\t{names}",
    ]
    aliases = pod["spec"].get("hostAliases") or ()
    rows += [f"{each['ip']}\t" + "\t".join(each["hostnames"]) for each in aliases]
    return "\n".join(rows) + "\n"


def files(pod: Json) -> dict[str, str]:
    """Return the files of a container whose contents are known, by path."""
    domains = search_domains(pod["metadata"]["namespace"])
    short, full = hostname(pod), full_hostname(pod)
    names = short if short == full else f"{full}\t{short}"
    resolver = f"search {' '.join(domains)}\nnameserver {DNS_SERVER}\noptions ndots:5\n"
    return {
        "/etc/hostname": f"{short}\n",
        "/etc/hosts": _hosts(pod, names),
        "/etc/resolv.conf": resolver,
        "/etc/os-release": 'NAME="lwstui sandbox (simulated)"\nID=lwstui\n',
        "/dev/null": "",
    }


COMMANDS: dict[str, Command] = {
    "date": date,
    "echo": echo,
    "env": env,
    "false": false,
    "hostname": show_hostname,
    "id": show_id,
    "ls": ls,
    "printenv": printenv,
    "ps": ps,
    "pwd": pwd,
    "sleep": sleep,
    "true": true,
    "uname": uname,
    "whoami": whoami,
}
