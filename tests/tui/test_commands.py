"""The command bar's language."""

from __future__ import annotations

import pytest

from controller.api.meta import Key
from lwstui.tui.commands.language import Language
from lwstui.tui.commands.objects import object_names, resolve
from lwstui.tui.commands.registry import COMMANDS
from lwstui.tui.commands.spec import Command, CommandError
from lwstui.view.types import Ref
from tests.tui.worlds import World

ALIASES = {"ll": "logs llama70b", "prod": "ll @prod-eu", "a": "b", "b": "a"}
LANGUAGE = Language(COMMANDS, ALIASES)
find, parse = LANGUAGE.find, LANGUAGE.parse


@pytest.fixture
def snapshot():
    world = World()
    world.add_nodes(4)
    world.add_set("llama70b", "··", namespace="prod", size=2)
    world.add_set("mixtral", "·", namespace="prod", size=1)
    world.add_set("mixtral", "·", namespace="stage", size=1)
    return world.snapshot()


@pytest.mark.parametrize(
    ("text", "verb", "args"),
    [
        ("pods", "pods", ()),
        ("po llama", "pods", ("llama",)),
        ("  scale  a/b   12 ", "scale", ("a/b", "12")),
        ("sc a", "scale", ("a",)),
        ("q", "quit", ()),
        ("LWS", "sets", ()),
        ("image x worker img:1", "image", ("x", "worker", "img:1")),
        ("image x worker reg/img@sha256:12", "image", ("x", "worker", "reg/img@sha256:12")),
        ("ll leader", "logs", ("llama70b", "leader")),
    ],
)
def test_parse(text, verb, args):
    assert parse(text) == Command(verb, args)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("nodes @prod-eu", Command("nodes", context="prod-eu")),
        ("pods /!eu s:X|P", Command("pods", filter="!eu s:X|P")),
        ("pods a -n x,y", Command("pods", ("a",), namespaces=("x", "y"))),
        ("sets -A /ready<100% @lab", Command("sets", (), "ready<100%", "lab", ())),
        ("@lab events", None),
        ("prod all", Command("logs", ("llama70b", "all"), context="prod-eu")),
        ("events a/b /~back.*off -n q", Command("events", ("a/b",), "~back.*off", "", ("q",))),
    ],
)
def test_filter_context_and_scope(text, command):
    if command is None:
        with pytest.raises(CommandError):
            parse(text)
    else:
        assert parse(text) == command


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "type a command"),
        ("sets -n", "-n wants a namespace"),
        ("a", "stands for itself"),
        ("scal3 a", "did you mean “scale”"),
        ("zzzzz", "no command"),
        ("re x", "could be next, reconnect, record, record!, recreate, replay, restart, resume"),
        ("scale", "usage: scale SET [NUMBER]"),
        ("scale x y", "not a number"),
        ("scale x 1 2", "too many words"),
        ("why x hpaa", "not a tab of why: crashes, fit, net, hpa, ctl"),
        ("logs x boss", "not a role"),
        ("ctl stop", "neither pause nor resume"),
    ],
)
def test_wrong_input_is_a_sentence(text, sentence):
    with pytest.raises(CommandError, match=sentence.replace("[", r"\[").replace("]", r"\]")):
        parse(text)


def test_every_name_of_a_command_is_its_own():
    names = [name for spec in COMMANDS for name in (spec.verb, *spec.aliases)]
    assert len(names) == len(set(names))
    assert all(find(name).verb for name in names)


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("llama70b", Ref("set", "prod", "llama70b")),
        ("stage/mixtral", Ref("set", "stage", "mixtral")),
        ("llama70b/1", Ref("group", "prod", "llama70b", 1, uid="uid-prod-llama70b-1")),
        ("prod/llama70b/1", Ref("group", "prod", "llama70b", 1, uid="uid-prod-llama70b-1")),
        ("llama70b/1/1", Ref("pod", "prod", "llama70b-1-1", 1, 1, "uid-prod-llama70b-1-1")),
        ("llama70b-0", Ref("pod", "prod", "llama70b-0", 0, 0, "uid-prod-llama70b-0")),
    ],
)
def test_resolve(snapshot, text, ref):
    assert resolve(snapshot, text) == ref


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("mixtral", "several namespaces: prod/mixtral, stage/mixtral"),
        ("lama70b", "did you mean “llama70b”"),
        ("llama70b/9", "no group 9"),
        ("llama70b/0/7", "no worker 7"),
        ("a/b/c/d", "no set"),
    ],
)
def test_resolve_says_what_is_wrong(snapshot, text, sentence):
    with pytest.raises(CommandError, match=sentence):
        resolve(snapshot, text)


def test_a_set_may_be_named_like_a_number():
    world = World()
    world.add_set("7", "·", namespace="prod", size=1)
    assert resolve(world.snapshot(), "prod/7") == Ref("set", "prod", "7")


def test_completion_offers_verbs_then_objects(snapshot):
    def complete(text):
        values = {
            "set": object_names(snapshot.sets),
            "target": object_names(snapshot.sets),
            "role": ["leader", "worker"],
            "log-part": ["leader", "worker", "15m"],
            "theme": ["day", "midnight"],
            "context": ["prod-eu", "prod-us", "lab"],
            "namespaces": ["all", "prod", "stage"],
        }
        return LANGUAGE.complete(text, lambda kind: values.get(kind, []))

    assert complete("sc") == ("scale",)
    assert complete("l") == ("logs", "ll")
    assert complete("scale ll") == ("scale llama70b",)
    assert complete("scale mix") == ("scale prod/mixtral", "scale stage/mixtral")
    assert complete("logs llama70b le") == ("logs llama70b leader",)
    assert complete("ll wo") == ("ll worker",)
    assert complete("theme mi") == ("theme midnight",)
    assert complete("scale llama70b 3 4") == ()
    assert complete("nosuch x") == ()
    assert complete("nodes @prod") == ("nodes @prod-eu", "nodes @prod-us")
    assert complete("pods /x @l") == ("pods /x @lab",)
    assert complete("sets -n st") == ("sets -n stage",)
    assert complete("ns prod,st") == ("ns prod,stage",)
    assert complete("pods /x y") == ()


@pytest.mark.parametrize(
    ("text", "near"),
    [
        pytest.param("llama70", "llama70b", id="name"),
        pytest.param("prod/llama70", "prod/llama70b", id="in-its-namespace"),
        pytest.param("prod/l", "prod/llama70b", id="its-beginning"),
        pytest.param("stage/llama70b", "prod/llama70b", id="elsewhere"),
    ],
)
def test_a_name_that_is_not_there_has_a_nearest_one(snapshot, text, near):
    with pytest.raises(CommandError, match=f"did you mean “{near}”"):
        resolve(snapshot, text)


def test_keys_of_sets_resolve_to_themselves(snapshot):
    for key in snapshot.sets:
        assert resolve(snapshot, str(key)).key == Key(*key)
