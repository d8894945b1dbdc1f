"""``lwstui scenario``: scripted faults in a running sandbox."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from lwstui.cli.common import FAILED, add_target, explain, fail, target_of

if TYPE_CHECKING:
    from lwstui.kube.connect import Connection
    from lwstui.kube.connect import Target as Cluster
    from lwstui.sandbox.scenarios.schema import Scenario

NAME = "scenario"
SUMMARY = "play scripted faults in a running sandbox, and see what an operator should see"
EXAMPLE = """\
example:
  lwstui scenario list
  lwstui scenario show worker-killed
  lwstui scenario run worker-killed --kubeconfig /tmp/sandbox.yaml
  lwstui scenario stop --kubeconfig /tmp/sandbox.yaml"""
_PATH = "/sandbox/v1/scenario"
# A scenario may be silent for as long as it likes; this only ends a connection that is dead.
_SILENCE_S = 3600.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands."""
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = commands.add_parser("list", help="name the shipped scenarios")
    listing.set_defaults(act=_list)
    show = commands.add_parser("show", help="say what a scenario does and what to expect")
    show.add_argument("scenario", metavar="NAME|FILE")
    show.set_defaults(act=_show)
    run_ = commands.add_parser("run", help="play a scenario and follow it")
    run_.add_argument("scenario", metavar="NAME|FILE")
    add_target(run_)
    run_.set_defaults(act=_run)
    stop = commands.add_parser("stop", help="stop playing and take all faults back")
    add_target(stop)
    stop.set_defaults(act=_stop)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand; 0 when all went as expected."""
    from controller.errors import ControllerError
    from lwstui.kube.connect import ConnectError
    from lwstui.sandbox.scenarios.parts import ScenarioError

    act: Callable[[argparse.Namespace], int] = arguments.act
    try:
        return act(arguments)
    except ScenarioError as error:
        return fail(str(error))
    except (ConnectError, ControllerError) as error:
        return fail(explain(error, target_of(arguments)))


def _list(_: argparse.Namespace) -> int:
    from lwstui.sandbox.scenarios.files import load, shipped_names

    names = shipped_names()
    width = max(map(len, names))
    for name in names:
        print(f"{name:{width}}  {load(name).summary}")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from lwstui.sandbox.scenarios.files import load
    from lwstui.sandbox.scenarios.guide import described

    print(described(load(arguments.scenario)))
    return 0


def _run(arguments: argparse.Namespace) -> int:
    from lwstui.sandbox.scenarios.files import load

    scenario = load(arguments.scenario)
    return asyncio.run(_on_sandbox(target_of(arguments), lambda open_: _play(open_, scenario)))


def _stop(arguments: argparse.Namespace) -> int:
    return asyncio.run(_on_sandbox(target_of(arguments), _halt))


async def _on_sandbox(cluster: Cluster, act: Callable[[Connection], Awaitable[int]]) -> int:
    from lwstui.kube.connect import connect

    connection = await connect(cluster)
    try:
        if not connection.info.sandbox:
            return fail(
                f"context {connection.info.context} is not a sandbox of lwstui; scenarios break "
                "things on purpose and run nowhere else: start one with lwstui sandbox"
            )
        return await act(connection)
    finally:
        await connection.close()


async def _play(connection: Connection, scenario: Scenario) -> int:
    import msgspec
    from aiohttp import ClientError

    from lwstui.sandbox.scenarios.guide import told
    from lwstui.sandbox.scenarios.runner import Line

    body = json.dumps(scenario.document).encode()
    last: Line | None = None
    try:
        async with connection.rest.open("POST", _PATH, body=body, read_s=_SILENCE_S) as answer:
            async for raw in answer.content:
                last = msgspec.json.decode(raw, type=Line)
                print(told(last), flush=True)
    except (ClientError, TimeoutError):
        return fail(f"the sandbox went away while it played {scenario.name}; start it again")
    if last is None or last.kind not in ("end", "failed"):
        return fail(f"scenario {scenario.name} was stopped before its end")
    return 0 if last.good else FAILED


async def _halt(connection: Connection) -> int:
    answer = json.loads(await connection.rest.request("DELETE", _PATH))
    print(f"stopped; faults taken back: {answer['healed']}")
    return 0
