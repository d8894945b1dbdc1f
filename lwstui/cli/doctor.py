"""``lwstui doctor``: what of this machine, these settings and this cluster is in the way."""

from __future__ import annotations

import argparse
import asyncio
import locale
import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from lwstui import __version__
from lwstui.cli import paint
from lwstui.cli.common import FAILED, add_target, explain, target_of

if TYPE_CHECKING:
    from lwstui.kube.connect import Target
    from lwstui.kube.rest import Rest
    from lwstui.view.types import Tone

NAME = "doctor"
SUMMARY = "look for what is in the way: terminal, settings, cluster, permissions"
EXAMPLE = """\
Nothing is changed. The lines say where a problem is and what to do about it; they name the
context, the server and paths, so look at them before you pass them on.

example: lwstui doctor --context prod-eu

exit codes:
  0  nothing keeps the console from working; warnings do not count
  1  something does"""

Level = Literal["ok", "warn", "bad"]
_TONES: Final[dict[Level, Tone]] = {"ok": "ok", "warn": "warn", "bad": "bad"}
_LEAST: Final = (60, 15)
_SKEW_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        level: ``bad`` keeps the console from working, ``warn`` takes something away.
        what: What was looked at, in a word or two.
        said: What was found, and what to do if it is not well.
    """

    level: Level
    what: str
    said: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    add_target(parser, several=False)


def run(arguments: argparse.Namespace) -> int:
    """Print what was found; 1 if something keeps the console from working."""
    from lwstui.view.types import Span

    paint.forgiving()
    colour = paint.colours(arguments)
    bad = 0
    for check in _checks(target_of(arguments), os.environ):
        level = Span(f"{check.level:<6}", _TONES[check.level])
        print(paint.text((level, Span(f"{check.what:<12} {check.said}")), colour=colour))
        bad += check.level == "bad"
    return FAILED if bad else 0


def _checks(target: Target, environ: Mapping[str, str]) -> Iterator[Check]:
    yield Check("ok", "program", f"lwstui {__version__}, Python {platform.python_version()}")
    size = shutil.get_terminal_size()
    terminal = sys.stdout.isatty()
    yield from terminal_checks(environ, locale.getpreferredencoding(), size if terminal else None)
    yield from _file_checks(target, environ)
    yield from asyncio.run(_cluster_checks(target))


def terminal_checks(
    environ: Mapping[str, str], encoding: str, size: tuple[int, int] | None
) -> Iterator[Check]:
    """Yield what is known of the terminal.

    Args:
        environ: The environment.
        encoding: What text is written in.
        size: Columns and lines, None where the output is no terminal.
    """
    name = environ.get("TERM", "")
    if name in ("", "dumb"):
        yield Check("bad", "terminal", "TERM says that it cannot draw; set TERM=xterm-256color")
    elif size is not None and (size[0] < _LEAST[0] or size[1] < _LEAST[1]):
        least = "at least {} by {} cells are needed".format(*_LEAST)
        yield Check("bad", "terminal", f"{name} of {size[0]} by {size[1]}: {least}")
    else:
        cells = f" of {size[0]} by {size[1]}" if size is not None else ", not looked at"
        yield Check("ok", "terminal", f"{name}{cells}")
    if encoding.upper().replace("-", "") != "UTF8":
        said = f"text is written in {encoding}; set LANG to a UTF-8 locale, or use --ascii"
        yield Check("warn", "characters", said)
    if environ.get("NO_COLOR"):
        yield Check("ok", "colours", "none, as NO_COLOR wants")
    elif environ.get("COLORTERM") not in ("truecolor", "24bit"):
        said = "COLORTERM does not say truecolor: colours are rounded to what TERM has"
        yield Check("warn", "colours", said)
    if environ.get("TMUX"):
        said = "inside tmux, whose prefix is ctrl-b: pgup and pgdn page as well"
        yield Check("ok", "multiplexer", said)


def _file_checks(target: Target, environ: Mapping[str, str]) -> Iterator[Check]:
    from lwstui.cli.console import context_of
    from lwstui.config.paths import config_folder, state_folder
    from lwstui.config.settings import Config

    problems = Config(environ).of(context_of(target)).problems
    for problem in problems:
        yield Check("warn", "settings", problem)
    if not problems:
        yield Check("ok", "settings", str(config_folder(environ)))
    state = state_folder(environ)
    there: Path = next(path for path in (state, *state.parents) if path.exists())
    if os.access(there, os.W_OK | os.X_OK):
        yield Check("ok", "state", str(state))
    else:
        said = f"{there} cannot be written to: history, activity and saved screens are not kept"
        yield Check("warn", "state", said)


async def _cluster_checks(target: Target) -> list[Check]:
    from controller.errors import ControllerError
    from lwstui.kube.connect import ConnectError, connect
    from lwstui.kube.discovery import serves_sets

    try:
        connection = await connect(target)
    except ConnectError as error:
        return [Check("bad", "kubeconfig", str(error))]
    info, rest = connection.info, connection.rest
    where = f"context {info.context}, user {info.user or '(none)'}, {info.server}"
    checks = [Check("ok", "kubeconfig", where)]
    try:
        asked = time.time()
        theirs = await rest.server_time()
        checks += clock_checks(asked, time.time(), theirs)
        if await serves_sets(rest):
            checks.append(Check("ok", "definition", "LeaderWorkerSet is served"))
        else:
            said = "LeaderWorkerSet is not served; define it with: lwstui crd | kubectl apply -f -"
            checks.append(Check("bad", "definition", said))
        checks += await _right_checks(rest, info.namespace)
    except ControllerError as error:
        checks.append(Check("bad", "cluster", explain(error, target)))
    finally:
        await connection.close()
    return checks


def clock_checks(asked: float, answered: float, theirs: float | None) -> list[Check]:
    """Return how the server answered, and how far the clocks are apart.

    Args:
        asked: When it was asked, epoch seconds.
        answered: When it answered.
        theirs: What its clock said, None if it did not tell.
    """
    checks = [Check("ok", "cluster", f"answered within {(answered - asked) * 1000:.0f} ms")]
    ahead = 0.0 if theirs is None else max(theirs - answered, min(0.0, theirs + 1.0 - asked))
    if abs(ahead) >= _SKEW_S:
        side = "ahead of" if ahead > 0 else "behind"
        said = f"the server's is {abs(ahead):.0f} s {side} this machine's: ages are off by that"
        checks.append(Check("warn", "clock", said))
    return checks


async def _right_checks(rest: Rest, namespace: str) -> list[Check]:
    from types import MappingProxyType

    from lwstui.kube.reviews import own_rules
    from lwstui.state.rights import Rights, Rule
    from lwstui.view.needs import NEEDS

    found, more = await own_rules(rest, namespace)
    rules = MappingProxyType({namespace: tuple(Rule(*one) for one in found)})
    rights = Rights(rules, frozenset({namespace}) if more else frozenset())
    missing = [
        Check(
            "bad" if need.verb == "list" and need.resource == "leaderworkersets" else "warn",
            "permission",
            f"to {need.what} in {namespace} is missing: {need.verb} {need.resource}",
        )
        for need in NEEDS
        if rights.allowed(need.verb, need.resource, namespace, need.group) == "no"
    ]
    return missing or [Check("ok", "permissions", f"all that the console uses, in {namespace}")]
