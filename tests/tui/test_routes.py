"""The trail of routes: depth, history, and what is collapsed."""

from __future__ import annotations

from controller.api.meta import Key
from lwstui.runtime.backend import LogRequest
from lwstui.tui.routes import FLEET, NODES, PODS, Route, RouteState, Trail, group_route, set_route
from lwstui.view.types import Ref

SET = set_route(Key("ns", "llama"))
GROUP = Route("pods", Ref("group", "ns", "llama", 5))


def test_opening_goes_deeper_and_leaving_comes_back():
    trail = Trail(FLEET)
    trail.open(SET)
    trail.open(GROUP)
    assert trail.crumbs == ("sets", "llama", "pods of llama group 5")
    assert trail.leave() == (FLEET, SET)
    assert trail.leave() == (FLEET,)
    assert trail.leave() is None


def test_opening_an_open_route_goes_back_to_it():
    trail = Trail(FLEET)
    trail.open(SET)
    trail.open(GROUP)
    assert trail.open(SET) == (FLEET, SET)


def test_a_top_route_replaces_everything_above_the_first_screen():
    trail = Trail(FLEET)
    trail.open(SET)
    assert trail.open(NODES, top=True) == (FLEET, NODES)


def test_history_remembers_screens_that_were_left():
    trail = Trail(FLEET)
    trail.open(SET)
    trail.leave()
    assert trail.back() == (FLEET, SET)
    assert trail.forward() == (FLEET,)
    assert trail.forward() is None


def test_opening_forgets_what_was_ahead():
    trail = Trail(FLEET)
    trail.open(SET)
    trail.back()
    trail.open(PODS)
    assert trail.forward() is None
    assert trail.back() == (FLEET,)
    assert trail.back() is None


def test_history_is_bounded():
    trail = Trail(FLEET)
    for number in range(500):
        trail.open(set_route(Key("ns", f"s{number}")), top=True)
    steps = 0
    while trail.back():
        steps += 1
    assert steps == 99


def test_crumbs_of_logs_say_whose():
    key = Key("ns", "llama")
    assert Route("logs", logs=LogRequest(key, 5)).crumb == "logs of group 5"
    assert Route("logs", logs=LogRequest(key, pod="llama-5-1")).crumb == "logs llama-5-1"
    assert Route("logs", logs=LogRequest(key)).crumb == "logs"


def test_tabs_remember_separately():
    state = RouteState()
    state.of_tab("pods").cursor = "uid-1"
    assert state.of_tab("map").cursor == ""
    assert state.of_tab("pods").cursor == "uid-1"
    assert state.tab == "pods"


def test_crumbs_name_an_object_unless_the_one_above_does():
    key = Key("prod", "llama")
    group, text = group_route(key, 7), Route("text", Ref("set", "prod", "llama"), "yaml")
    trail = Trail(FLEET)
    trail.open(group)
    assert trail.crumbs == ("sets", "llama group 7")
    trail.open(text, top=True)
    assert trail.crumbs == ("sets", "yaml of llama")
    trail.open(set_route(key), top=True)
    trail.open(group)
    trail.open(text)
    assert trail.crumbs == ("sets", "llama", "group 7", "yaml")
