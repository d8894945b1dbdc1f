"""The settings page is generated, and what is committed is what is generated."""

from pathlib import Path

from lwstui.config.reference import page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "config.md"


def test_the_page_is_current():
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m lwstui.config.reference"
