"""The command bar's language."""

from __future__ import annotations

import pytest

from controller.api.meta import Key
from lwstui.tui.commands import (
    COMMANDS,
    Command,
    CommandError,
    complete,
    find,
    parse,
    resolve,
)
from lwstui.view.types import Ref
from tests.tui.worlds import World


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
        ("image a worker img:1", "image", ("a", "worker", "img:1")),
    ],
)
def test_parse(text, verb, args):
    assert parse(text) == Command(verb, args)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "type a command"),
        ("scal3 a", "did you mean “scale”"),
        ("zzzzz", "no command"),
        ("re a", "could be next, reconnect, recreate, restart, resume"),
        ("scale", "usage: scale SET [NUMBER]"),
        ("scale a b", "not a number"),
        ("scale a 1 2", "too many words"),
        ("logs a boss", "not a role"),
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
    assert complete("sc", snapshot) == ("scale",)
    assert complete("scale ll", snapshot) == ("scale llama70b",)
    assert complete("scale mix", snapshot) == ("scale prod/mixtral", "scale stage/mixtral")
    assert complete("logs llama70b le", snapshot) == ("logs llama70b leader",)
    assert complete("theme mi", snapshot, {"midnight", "day"}) == ("theme midnight",)
    assert complete("scale llama70b 3 4", snapshot) == ()
    assert complete("nosuch x", snapshot) == ()


def test_keys_of_sets_resolve_to_themselves(snapshot):
    for key in snapshot.sets:
        assert resolve(snapshot, str(key)).key == Key(*key)
