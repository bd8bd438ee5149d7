"""Choose the text of a mail among its plain texts and its HTML.

Parts that follow each other are read one after the other, as a mail program shows them. Only within a
`multipart/alternative` is one part taken for another: the plain text, if it says what the HTML says. Else the HTML is
taken, which is what the sender wrote in and saw: the plain text may be a notice that there is only HTML.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from msgspec import Struct

from whenthen.sources.email.html_text import text_of_html
from whenthen.sources.email.parts import MAX_TEXT, Group, Leaf
from whenthen.sources.email.reply_text import extract_reply

_WORD = re.compile(r"\w+")
_SIGN = re.compile(r"\S")

_MOST_WORDS = 2_000
"""Words of the HTML that are looked for in the plain text."""


class _Version(Struct, frozen=True):
    """Hold the text of a part or group. `rich`: some of it is HTML."""

    text: str
    rich: bool


def body_text(parts: Group, bodies: Collection[Leaf]) -> str:
    """Return the text of a mail, of the parts that are its body."""
    return _text_of(parts, bodies).text[:MAX_TEXT]


def _text_of(group: Group, bodies: Collection[Leaf]) -> _Version:
    versions = [version for version in _versions(group, bodies) if version.text.strip()]
    return _best(versions) if group.alternative else _in_order(versions)


def _versions(group: Group, bodies: Collection[Leaf]) -> Iterator[_Version]:
    for member in group.members:
        if isinstance(member, Group):
            yield _text_of(member, bodies)
        elif any(member is body for body in bodies):
            text = member.text
            yield _Version(text_of_html(text[:MAX_TEXT]) if member.is_html else text, member.is_html)


def _in_order(versions: Sequence[_Version]) -> _Version:
    """Join the texts, without the repetition of one: some programs send both formats without calling them so."""
    kept: dict[str, _Version] = {}
    for version in versions:
        kept.setdefault(" ".join(version.text.split()), version)
    text = "\n".join(version.text for version in kept.values()).strip()
    return _Version(text, any(version.rich for version in versions))


def _best(versions: Sequence[_Version]) -> _Version:
    """Take the plain texts that say what the last HTML says; the HTML if none does."""
    rich = next((version for version in reversed(versions) if version.rich), None)
    plain = [version.text for version in versions if not version.rich and (rich is None or _covers(version, rich))]
    if not plain:
        return rich or _Version("", rich=False)
    return _Version("\n".join(plain).strip(), rich=rich is not None)


def _covers(plain: _Version, rich: _Version) -> bool:
    """Tell whether three of four words that the sender wrote in the HTML are in the plain text."""
    own = extract_reply(rich.text) or rich.text
    pattern = _WORD if _WORD.search(own) else _SIGN
    wanted = set(pattern.findall(own.casefold())[:_MOST_WORDS])
    return 4 * len(wanted & set(pattern.findall(plain.text.casefold()))) >= 3 * len(wanted)
