"""Commands that read text: files by name, or standard input."""

import re
from collections.abc import Generator, Sequence

from lwstui.sandbox.shell.programs import (
    Command,
    Lines,
    Out,
    Program,
    Session,
    Step,
    failed,
    read_all,
)

Options = tuple[str, list[str]]


def options(args: Sequence[str], known: str) -> Options | None:
    """Split single-letter flags from operands; None when a flag is not known."""
    flags = ""
    operands: list[str] = []
    for index, arg in enumerate(args):
        if arg == "--":
            return flags, [*operands, *args[index + 1 :]]
        if arg.startswith("-") and len(arg) > 1:
            flags += arg[1:]
        else:
            operands.append(arg)
    return (flags, operands) if set(flags) <= set(known) else None


def bad_option(name: str, args: Sequence[str]) -> Program:
    """Complain about an option that the simulated command does not have."""
    given = " ".join(arg for arg in args if arg.startswith("-"))
    return failed(f"{name}: the simulated command does not know {given}", 2)


def content(
    session: Session, name: str, paths: Sequence[str]
) -> Generator[Step, str | None, str | None]:
    """Return the text of files, or of standard input without any; None after a complaint."""
    if not paths or paths == ["-"]:
        return (yield from read_all())
    parts = []
    for path in paths:
        if path not in session.files:
            yield Out(f"{name}: {path}: No such file or directory\n", error=True)
            return None
        parts.append(session.files[path])
    return "".join(parts)


def cat(session: Session, args: Sequence[str]) -> Program:
    """Print files; standard input as it comes."""
    found = options(args, "u")
    if found is None:
        return (yield from bad_option("cat", args))
    _, paths = found
    if paths:
        text = yield from content(session, "cat", paths)
        yield Out(text or "")
        return int(text is None)
    lines = Lines()
    while (line := (yield from lines.next())) is not None:
        yield Out(line)
    return 0


def grep(session: Session, args: Sequence[str]) -> Program:
    """Print the lines that match a pattern."""
    found = options(args, "ivcqEFno")
    if found is None or not found[1]:
        return (yield from bad_option("grep", args))
    flags, (pattern, *paths) = found
    try:
        wanted = re.compile(
            re.escape(pattern) if "F" in flags else pattern, re.IGNORECASE if "i" in flags else 0
        )
    except re.error as error:
        return (yield from failed(f"grep: {pattern}: {error}", 2))
    text = yield from content(session, "grep", paths)
    if text is None:
        return 2
    hits = [
        (number, line)
        for number, line in enumerate(text.splitlines(), 1)
        if bool(wanted.search(line)) != ("v" in flags)
    ]
    if "c" in flags:
        yield Out(f"{len(hits)}\n")
    elif "q" not in flags:
        for number, line in hits:
            yield Out(f"{number}:{line}\n" if "n" in flags else f"{line}\n")
    return int(not hits)


def _count(args: Sequence[str]) -> tuple[int, list[str]] | None:
    """Split ``-n N`` or ``-N`` from paths; 10 lines without either."""
    paths, count, rest = [], "10", list(args)
    while rest:
        arg = rest.pop(0)
        if arg == "-n" and rest:
            count = rest.pop(0)
        elif arg.startswith("-"):
            count = arg[1:].removeprefix("n")
        else:
            paths.append(arg)
    return (int(count), paths) if count.isdigit() else None


def head(session: Session, args: Sequence[str]) -> Program:
    """Print the first lines."""
    found = _count(args)
    if found is None:
        return (yield from bad_option("head", args))
    count, paths = found
    if paths:
        text = yield from content(session, "head", paths)
        yield Out("".join((text or "").splitlines(keepends=True)[:count]))
        return int(text is None)
    lines = Lines()
    for _ in range(count):
        line = yield from lines.next()
        if line is None:
            break
        yield Out(line)
    return 0


def tail(session: Session, args: Sequence[str]) -> Program:
    """Print the last lines."""
    found = _count(args)
    if found is None:
        return (yield from bad_option("tail", args))
    count, paths = found
    text = yield from content(session, "tail", paths)
    if text is None:
        return 1
    lines = text.splitlines(keepends=True)
    yield Out("".join(lines[max(0, len(lines) - count) :]))
    return 0


def wc(session: Session, args: Sequence[str]) -> Program:
    """Count lines, words and bytes."""
    found = options(args, "lwc")
    if found is None:
        return (yield from bad_option("wc", args))
    flags, paths = found
    text = yield from content(session, "wc", paths)
    if text is None:
        return 1
    counts = {"l": text.count("\n"), "w": len(text.split()), "c": len(text.encode())}
    chosen = [str(counts[flag]) for flag in "lwc" if flag in (flags or "lwc")]
    name = f" {paths[0]}" if paths else ""
    yield Out(" ".join(chosen) + f"{name}\n")
    return 0


def sort(session: Session, args: Sequence[str]) -> Program:
    """Print lines in order."""
    found = options(args, "rnu")
    if found is None:
        return (yield from bad_option("sort", args))
    flags, paths = found
    text = yield from content(session, "sort", paths)
    if text is None:
        return 2
    lines = text.splitlines()
    kept = list(dict.fromkeys(lines)) if "u" in flags else lines
    ordered = sorted(kept, key=_numeric if "n" in flags else str, reverse="r" in flags)
    yield Out("".join(f"{line}\n" for line in ordered))
    return 0


def _numeric(line: str) -> tuple[float, str]:
    hit = re.match(r"\s*(-?\d+(?:\.\d+)?)", line)
    return (float(hit[1]) if hit else 0.0, line)


COMMANDS: dict[str, Command] = {
    "cat": cat,
    "grep": grep,
    "head": head,
    "sort": sort,
    "tail": tail,
    "wc": wc,
}
