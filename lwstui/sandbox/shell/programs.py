"""Programs as generators: what they print, wait for and read is data, so they run anywhere.

A program yields steps and returns its exit code. ``Read`` is answered with text of its standard
input, None at its end; every other step with None.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lwstui.sandbox.network import Network
from lwstui.sandbox.processes import Process

if TYPE_CHECKING:
    from lwstui.sandbox.shell.disk import Disk

NOT_FOUND = 127
CANNOT_RUN = 126
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Out:
    """Text on standard output, or on standard error."""

    text: str
    error: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """So many simulated seconds in which nothing happens."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Read:
    """The wish for more of standard input."""


Step = Out | Pause | Read
Program = Generator[Step, str | None, int]
Reading = Generator[Step, str | None, str | None]


class Interrupted(Exception):
    """The interrupt key was pressed; thrown into the program that is in the foreground."""


@dataclass(frozen=True, slots=True)
class Session:
    """Where a command runs.

    ``look`` returns the container's process as it is now; ``files`` are contents by path, those
    that were written included; ``disk`` takes what is written.
    """

    process: Process
    look: Callable[[], Process]
    network: Network
    env: Mapping[str, str]
    files: Mapping[str, str]
    node: Mapping[str, Any]
    disk: "Disk"
    tty: bool = False

    @property
    def pod(self) -> dict[str, Any]:
        """Return the pod object."""
        return self.process.pod


Command = Callable[[Session, Sequence[str]], Program]


def printed(text: str, code: int = 0) -> Program:
    """Print a text and end."""
    if text:
        yield Out(text)
    return code


def failed(text: str, code: int = 1) -> Program:
    """Complain in one line and end."""
    yield Out(f"{text}\n", error=True)
    return code


def simulated(command: str, known: Sequence[str]) -> str:
    """Return the sentence that says why a command is not there."""
    return (
        f"lwstui sandbox: this container is simulated and has no {command}; it knows "
        f"{', '.join(sorted(known))}"
    )


@dataclass(slots=True)
class Lines:
    """Standard input, line by line."""

    _rest: str = ""
    _ended: bool = field(default=False)

    def next(self) -> Reading:
        """Return the next line with its end, None after the last."""
        while "\n" not in self._rest and not self._ended:
            text = yield Read()
            self._ended = text is None
            self._rest += text or ""
        line, newline, self._rest = self._rest.partition("\n")
        return f"{line}{newline}" or None


def read_all() -> Generator[Step, str | None, str]:
    """Return everything on standard input."""
    parts = []
    while (text := (yield Read())) is not None:
        parts.append(text)
    return "".join(parts)


def piped(first: Program, second: Program) -> Program:
    """Run a program on the output of another, which runs only as far as it is read."""
    try:
        step = next(second)
        while True:
            if isinstance(step, Read):
                step = second.send((yield from _pull(first)))
            else:
                step = second.send((yield step))
    except StopIteration as end:
        code: int = end.value
        return code
    finally:
        first.close()


def _pull(program: Program) -> Reading:
    """Run a program until it prints; return the text, None when it has ended."""
    answer: str | None = None
    while True:
        try:
            step = program.send(answer)
        except StopIteration:
            return None
        if isinstance(step, Out) and not step.error:
            return step.text
        answer = yield step
