"""Turn HTML mail into text, for conditions and for people, with quotations marked as in plain mail.

It takes one pass: no markup costs more than its length.
"""

from __future__ import annotations

import html
import re
from itertools import groupby
from operator import itemgetter

from whenthen.sources.email.reply_text import RULE

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)[^<>]*>")
_SPACES = re.compile(r"[ \t\r\f\v\xa0]+")
_LINES = re.compile(r"\n{3,}")
_UNSEEN = frozenset({"script", "style", "head", "title", "template"})
_LINE_END = re.compile(r"address|article|br|dd|div|dl|dt|footer|form|h[1-6]|header|hr|li|ol|p|pre|section|table|tr|ul")
_QUOTATIONS = (
    "gmail_quote",
    "yahoo_quoted",
    "protonmail_quote",
    "zmail_extra",
    "divRplyFwdMsg",
    "OutlookMessageHeader",
    "ms-outlook-mobile-reference-message",
)
"""Classes and ids by which programs name the block that holds a quotation and its introduction."""


class _Page:
    """Collect pieces of text, each with whether it is quoted."""

    def __init__(self) -> None:
        self.pieces: list[tuple[bool, str]] = []
        self.depth = 0

    def add(self, text: str) -> None:
        self.pieces.append((self.depth > 0, text))

    def quote(self, closing: bool) -> None:
        self.depth = max(self.depth - 1, 0) if closing else self.depth + 1


def text_of_html(markup: str) -> str:
    """Return the visible text, a line per block, without markup, scripts, styles and comments.

    Each quoted line begins with `>`.
    """
    page = _Page()
    position = 0
    while (start := markup.find("<", position)) >= 0:
        page.add(_flowing(markup[position:start]))
        position = _after(markup, start, page)
    page.add(_flowing(markup[position:]))
    blocks = [
        _block("".join(text for _, text in pieces), quoted)
        for quoted, pieces in groupby(page.pieces, key=itemgetter(0))
    ]
    return "\n".join(filter(None, blocks))


def _block(written: str, quoted: bool) -> str:
    lines = [_SPACES.sub(" ", line).strip() for line in written.split("\n")]
    text = _LINES.sub("\n\n", "\n".join(lines)).strip()
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n")) if quoted and text else text


def _flowing(written: str) -> str:
    """Unescape a text between tags; HTML shows the line breaks of its source as spaces."""
    return html.unescape(written.replace("\r", " ").replace("\n", " "))


def _after(markup: str, start: int, page: _Page) -> int:
    """Return the position behind the markup at `start`; the end of the text if the markup never closes."""
    if markup.startswith("<!--", start):
        return _end(markup.find("-->", start + 4), 3, markup)
    if markup.startswith(("<!", "<?"), start):
        return _end(markup.find(">", start), 1, markup)
    tag = _TAG.match(markup, start)
    if tag is None:
        page.add("<")
        return start + 1
    closing, name = tag[1], tag[2].lower()
    if name in _UNSEEN and not closing:
        close = re.compile(f"</{name}", re.IGNORECASE).search(markup, tag.end())
        return close.start() if close else len(markup)
    if name == "blockquote":
        page.add("\n")
        page.quote(bool(closing))
    elif _LINE_END.fullmatch(name):
        page.add(f"\n{RULE}\n" if _holds_quotation(tag[0]) and not page.depth else "\n")
    elif name in ("td", "th"):
        page.add(" ")
    return tag.end()


def _holds_quotation(tag: str) -> bool:
    return any(name in tag for name in _QUOTATIONS)


def _end(found: int, width: int, markup: str) -> int:
    return len(markup) if found < 0 else found + width
