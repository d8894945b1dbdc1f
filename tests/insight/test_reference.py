"""The page about the rules lists every rule there is, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import lwstui.insight

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "rules.md"
ROW = re.compile(r"^\| ([A-Z]\d{1,2}) \| \w+ \| [CWI]", re.MULTILINE)
LEFT_OUT = re.compile(r"^\| ([A-Z]\d{1,2}), ", re.MULTILINE)
NAMED = re.compile(r'"([DNGPECT]\d{1,2})"')


def test_every_rule_is_on_the_page():
    sources = Path(lwstui.insight.__file__).parent.glob("*.py")
    named = set(NAMED.findall("\n".join(path.read_text(encoding="utf-8") for path in sources)))
    page = PAGE.read_text(encoding="utf-8")
    listed = ROW.findall(page)
    assert len(listed) == len(set(listed)) > 60
    assert named - set(LEFT_OUT.findall(page)) <= set(listed)
    assert set(listed) <= named
