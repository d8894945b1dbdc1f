"""Runs what the shell has understood, and talks with whoever types."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from lwstui.sandbox.shell.programs import (
    CANNOT_RUN,
    INTERRUPTED,
    NOT_FOUND,
    Command,
    Interrupted,
    Lines,
    Out,
    Program,
    Session,
    failed,
    piped,
    printed,
    simulated,
)
from lwstui.sandbox.shell.syntax import (
    Pipeline,
    Redirect,
    ShellSyntaxError,
    Simple,
    expand,
    parse,
)

SHELLS = ("sh", "bash", "ash", "dash")
_INTERPRETERS = ("python", "python3", "perl", "node", "ruby")
_FOLDERS = ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin")
_BUILTINS = (":", "cd", "command", "exec", "exit", "export", "which")
_NOTHING = "/dev/null"
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


class _Exit(Exception):
    """The shell was told to end."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def command_name(word: str) -> str:
    """Return the name a command is known by: paths to a folder of programs are left out."""
    folder, slash, name = word.rpartition("/")
    return name if slash and folder in _FOLDERS else word


def program(session: Session, argv: Sequence[str], commands: Mapping[str, Command]) -> Program:
    """Return what the container runtime runs for ``argv``, which is not empty.

    A command that is not there ends with 127, in the words of the runtime.
    """
    name = command_name(argv[0])
    if name in SHELLS:
        return _shell(session, name, argv[1:], commands)
    if name in _INTERPRETERS:
        return _no_interpreter(name)
    if name in commands:
        return commands[name](session, argv[1:])
    why = "no such file or directory" if "/" in name else "executable file not found in $PATH"
    stat = f"stat {argv[0]}: " if "/" in name else ""
    told = (
        "OCI runtime exec failed: exec failed: unable to start container process: exec: "
        f'"{argv[0]}": {stat}{why}: unknown\n{simulated(argv[0], [*commands, *SHELLS])}'
    )
    return failed(told, NOT_FOUND)


def _no_interpreter(name: str) -> Program:
    return failed(
        f"lwstui sandbox: this container is simulated; it cannot run {name} programs", CANNOT_RUN
    )


def _shell(
    session: Session, name: str, args: Sequence[str], commands: Mapping[str, Command]
) -> Program:
    flags = [each for each in args if each.startswith("-")]
    rest = [each for each in args if not each.startswith("-")]
    shell = _Shell(session, name, commands)
    if any("c" in flag for flag in flags if not flag.startswith("--")):
        if not rest:
            return failed(f"{name}: -c: option requires an argument", 2)
        return shell.script(rest[0])
    if rest:
        return failed(f"{name}: 0: cannot open {rest[0]}: No such file", NOT_FOUND)
    return shell.conversation()


class _Shell:
    """One shell: its variables and the code of its last command."""

    def __init__(self, session: Session, name: str, commands: Mapping[str, Command]) -> None:
        self._session = session
        self._name = name
        self._commands = commands
        self._code = 0

    def script(self, text: str) -> Program:
        """Run a script and end with the code of its last command."""
        try:
            code: int = yield from self._run(text)
        except _Exit as end:
            code = end.code
        except Interrupted:
            code = INTERRUPTED
        return code

    def conversation(self) -> Program:
        """Read commands until the end of input or ``exit``."""
        lines = Lines()
        while True:
            if self._session.tty:
                yield Out(self._prompt())
            try:
                line = yield from lines.next()
                if line is None:
                    return self._code
                yield from self._run(line)
            except _Exit as end:
                return end.code
            except Interrupted:
                self._code = INTERRUPTED
                yield Out("\n")

    def _prompt(self) -> str:
        host = self._session.env.get("HOSTNAME", "")
        return f"root@{host}:/# " if self._name == "bash" else "# "

    def _run(self, text: str) -> Program:
        try:
            pipelines = parse(text)
        except ShellSyntaxError as error:
            yield Out(f"{self._name}: 1: {error}\n", error=True)
            self._code = 2
            return 2
        for pipeline in pipelines:
            skipped = {"&&": self._code != 0, "||": self._code == 0}.get(pipeline.joint, False)
            if not skipped:
                self._code = yield from self._pipeline(pipeline)
        return self._code

    def _pipeline(self, pipeline: Pipeline) -> Program:
        first, *others = pipeline.commands
        running = self._command(first)
        for each in others:
            running = piped(running, self._command(each))
        return running

    def _command(self, simple: Simple) -> Program:
        variables = {**self._session.env, "?": str(self._code)}
        words = [field for word in simple.words for field in expand(word, variables)]
        if not words:
            return printed("")
        running = self._simple(words)
        return _redirected(running, simple.redirects) if simple.redirects else running

    def _simple(self, words: Sequence[str]) -> Program:
        name = command_name(words[0])
        if all(_ASSIGNMENT.match(word) for word in words):
            return self._assign(words)
        if name in _BUILTINS:
            return self._builtin(name, words[1:])
        if name in SHELLS:
            return _shell(self._session, name, words[1:], self._commands)
        if name in _INTERPRETERS:
            return _no_interpreter(name)
        if name in self._commands:
            return self._commands[name](self._session, words[1:])
        known = [*self._commands, *SHELLS]
        told = f"{self._name}: 1: {words[0]}: not found\n{simulated(words[0], known)}"
        return failed(told, NOT_FOUND)

    def _builtin(self, name: str, args: Sequence[str]) -> Program:
        match name:
            case "exit":
                return self._exit(args)
            case "export":
                return self._assign(args)
            case "exec" if args:
                return self._become(args)
            case "command" | "which" if args:
                return self._which(args[-1])
            case "cd":
                return failed(f"{self._name}: 1: cd: the simulated shell stays in /")
        return printed("")

    def _become(self, words: Sequence[str]) -> Program:
        """Run a command in place of the shell: nothing of the script follows it."""
        code = yield from self._simple(words)
        raise _Exit(code)

    def _assign(self, words: Sequence[str]) -> Program:
        pairs = (word.partition("=") for word in words)
        given = {name: value for name, equals, value in pairs if equals}
        self._session = replace(self._session, env={**self._session.env, **given})
        return printed("")

    def _exit(self, args: Sequence[str]) -> Program:
        code = self._code
        if args:
            if not args[0].isdigit():
                yield Out(f"{self._name}: 1: exit: Illegal number: {args[0]}\n", error=True)
                raise _Exit(2)
            code = int(args[0]) % 256
        raise _Exit(code)

    def _which(self, name: str) -> Program:
        known = name in self._commands or name in SHELLS
        return printed(f"/usr/bin/{name}\n" if known else "", 0 if known else 1)


def _redirected(program: Program, redirects: Sequence[Redirect]) -> Program:
    """Run a program with its outputs led elsewhere; nothing can be written but to nowhere."""
    kept: dict[bool, bool | None] = {False: False, True: True}
    for redirect in redirects:
        if redirect.to.startswith("&"):
            kept[redirect.what == "2"] = kept[redirect.to == "&2"]
        elif redirect.to == _NOTHING:
            kept |= dict.fromkeys(_outputs(redirect.what), None)
        else:
            program.close()
            yield Out(f"{redirect.to}: Read-only file system\n", error=True)
            return 1
    answer: str | None = None
    try:
        while True:
            step = program.send(answer)
            answer = None
            if not isinstance(step, Out):
                answer = yield step
                continue
            leads = kept[step.error]
            if leads is not None:
                yield Out(step.text, error=leads)
    except StopIteration as end:
        code: int = end.value
        return code
    finally:
        program.close()


def _outputs(what: str) -> Iterator[bool]:
    if what in ("1", "&"):
        yield False
    if what in ("2", "&"):
        yield True
