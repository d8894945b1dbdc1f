"""The key reference page is generated, and what is committed is what is generated."""

from pathlib import Path

from lwstui.tui.actions import ACTIONS
from lwstui.tui.reference import page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "keys.md"


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), "run: make docs"


def test_the_page_names_every_action():
    assert [a.id for a in ACTIONS if f"| {a.id} |" not in page()] == []
