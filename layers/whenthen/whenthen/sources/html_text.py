"""The text of an HTML mail, for conditions and for people. One pass: no markup costs more than its length."""

from __future__ import annotations

import html
import re

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)[^<>]*>")
_SPACES = re.compile(r"[ \t\r\f\v\xa0]+")
_LINES = re.compile(r"\n{3,}")
_UNSEEN = frozenset({"script", "style", "head", "title", "template"})
_LINE_END = re.compile(
    r"address|article|blockquote|br|dd|div|dl|dt|footer|form|h[1-6]|header|hr|li|ol|p|pre|section|table|tr|ul"
)


def text_of_html(markup: str) -> str:
    """What a reader would see, a line per block, without markup, scripts, styles and comments."""
    pieces: list[str] = []
    position = 0
    while (start := markup.find("<", position)) >= 0:
        pieces.append(_flowing(markup[position:start]))
        position = _after(markup, start, pieces)
    pieces.append(_flowing(markup[position:]))
    lines = [_SPACES.sub(" ", line).strip() for line in "".join(pieces).split("\n")]
    return _LINES.sub("\n\n", "\n".join(lines)).strip()


def _flowing(written: str) -> str:
    """In HTML the source's own line breaks are spaces."""
    return html.unescape(written.replace("\r", " ").replace("\n", " "))


def _after(markup: str, start: int, pieces: list[str]) -> int:
    """Where reading goes on behind the markup at `start`; the end where something never closes."""
    if markup.startswith("<!--", start):
        return _end(markup.find("-->", start + 4), 3, markup)
    if markup.startswith(("<!", "<?"), start):
        return _end(markup.find(">", start), 1, markup)
    tag = _TAG.match(markup, start)
    if tag is None:
        pieces.append("<")
        return start + 1
    closing, name = tag[1], tag[2].lower()
    if name in _UNSEEN and not closing:
        close = re.compile(f"</{name}", re.IGNORECASE).search(markup, tag.end())
        return close.start() if close else len(markup)
    if _LINE_END.fullmatch(name):
        pieces.append("\n")
    elif name in ("td", "th"):
        pieces.append(" ")
    return tag.end()


def _end(found: int, width: int, markup: str) -> int:
    return len(markup) if found < 0 else found + width
