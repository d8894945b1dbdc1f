"""The pages lead to each other, to pictures that exist, and to headings that exist."""

import re
from pathlib import Path

import pytest

from tests.support.pictures import GUIDE, PICTURES, RECORDED, picture

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def links(page: Path) -> list[str]:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    return [link for link in LINK.findall(text) if "://" not in link]


def anchors(page: Path) -> set[str]:
    """Return the names that headings of a page have on the usual web sites."""
    titles = HEADING.findall(FENCE.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_and_picture_of_a_page_leads_somewhere(page: Path) -> None:
    wrong = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            wrong.append(link)
    assert wrong == []


@pytest.mark.parametrize("folder", ["guide", "reference"])
def test_the_first_page_or_the_page_of_jobs_leads_to_every_page(folder: str) -> None:
    sources = [ROOT / "README.md", ROOT / "docs" / "guide" / "jobs.md"]
    linked = {(page.parent / link).resolve() for page in sources for link in links(page)}
    pages = set((ROOT / "docs" / folder).glob("*.md"))
    assert pages - linked - set(sources) == set()


def test_every_picture_is_shown_and_made_by_the_program() -> None:
    shown = {(page.parent / link).resolve() for page in PAGES for link in links(page)}
    made = {GUIDE / f"{name}.svg" for name in PICTURES}
    assert set(GUIDE.iterdir()) == made
    assert made - shown == set()


def test_every_job_has_a_picture() -> None:
    page = (ROOT / "docs" / "guide" / "jobs.md").read_text(encoding="utf-8")
    jobs = re.split(r"^## ", page, flags=re.MULTILINE)
    assert len(jobs) > 20
    assert [job.splitlines()[0] for job in jobs[1:] if "](pictures/" not in job] == []


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_small_and_says_what_was_recorded(name: str) -> None:
    recorded = (RECORDED / f"{PICTURES[name]}.svg").read_text(encoding="utf-8")
    made = picture(recorded)
    assert len(made) < 0.8 * len(recorded)
    assert len(words(made)) > 50
    assert words(made) == words(recorded)
    assert "http" not in re.sub(r'xmlns="[^"]*"|<!--.*?-->', "", made)


def words(svg: str) -> list[str]:
    """Return the texts of a picture, in order."""
    return re.findall(r"<text[^>]*>([^<\n]*)", svg)
