"""Pages of the docs, as their tests read them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from dev.paths import ROOT

DOCS = ROOT / "docs"
DECISIONS = DOCS / "decisions"

_FENCE = re.compile(r"^ *```.*?^ *```$", re.M | re.S)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def all_pages() -> list[Path]:
    """List every Markdown page that people read."""
    single = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")]
    return [*single, ROOT / "dev/README.md", ROOT / "events/README.md", *sorted(DOCS.rglob("*.md"))]


def decisions() -> list[Path]:
    """List the pages of the decisions folder but its index."""
    return [page for page in sorted(DECISIONS.glob("*.md")) if page.name != "README.md"]


def name_of(page: Path) -> str:
    """Return the page's path in the checkout, for test ids."""
    return page.relative_to(ROOT).as_posix()


def prose(page: Path) -> str:
    """Return the page's text without its fenced blocks."""
    return _FENCE.sub("", page.read_text())


def links(page: Path) -> Iterator[str]:
    """Yield the targets of the page's links that stay in the checkout."""
    return (target for target in _LINK.findall(prose(page)) if not re.match(r"[a-z]+:", target))


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub makes of the page's headings."""
    headings = re.findall(r"^#+ (.+)$", prose(page), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def first_paragraph(page: Path) -> str:
    """Return the paragraph below the page's title."""
    return re.split(r"\n\n+", prose(page).strip())[1].replace("\n", " ")


def sentences(paragraph: str) -> list[str]:
    """Split a paragraph into sentences. Code and links count as one word."""
    plain = re.sub(r"`[^`]*`", "code", _LINK.sub("link", paragraph))
    return [each for each in re.split(r"(?<=[.!?])\s+(?=[A-Z*])", plain.strip()) if each]


def blocks(page: Path, language: str) -> list[str]:
    """Return the page's fenced blocks in `language` that stand at the margin."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), flags=re.M | re.S)
