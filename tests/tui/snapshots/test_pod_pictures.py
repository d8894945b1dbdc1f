"""Pictures of the pod screen and of a whole description."""

from __future__ import annotations

import pytest

from lwstui.tui.routes import Route, pod_route
from lwstui.view.types import Ref
from tests.tui.objects import pod_body
from tests.tui.worlds import busy

NAME = "llama405b-7"
OBJECTS = {("pods", NAME): pod_body(NAME)}


@pytest.mark.parametrize(
    "size", [(80, 24), (120, 40), (200, 60)], ids=["80x24", "120x40", "200x60"]
)
def test_crashed(picture, size):
    goto = pod_route("llm-prod", NAME)
    assert picture(busy().snapshot(), size, goto=goto, wait="Image:", objects=OBJECTS)


def test_described(picture):
    goto = Route("text", Ref("pod", "llm-prod", NAME), "describe")
    snapshot = busy().snapshot()
    assert picture(snapshot, (100, 40), goto=goto, wait="Controlled By", objects=OBJECTS)
