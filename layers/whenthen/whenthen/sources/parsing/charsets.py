"""Decode bytes in a declared character set, as mail and browsers mean its name.

Python knows codecs that are no character sets, some of them slow on input made for it (`idna`, `punycode`,
`unicode_escape`). A sender must not be able to choose those.

Programs declare `iso-8859-9` and write `windows-1254`, which has quotation marks and the euro sign where the standard
has control characters. The web settled on the wider sets (https://encoding.spec.whatwg.org); so a text that is none in
the declared set, or has control characters there, is read in the wider one.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping

_TEXT = re.compile(
    r"utf-?(?:8|16|32)(?:-?[bl]e)?|us-ascii|ascii|ansi_x3\.4-1968|(?:latin-?|l)[0-9]{1,2}|csisolatin[0-9]"
    r"|iso[-_]?8859[-_]?[0-9]{1,2}(?:-[ei])?(?::19[0-9]{2})?|tis-?620|koi8-[rtu]|mac-?roman|macintosh"
    r"|(?:x-)?(?:windows|cp)-?[0-9]{3,4}|(?:x-)?gbk|gb_?2312(?:-80)?|gb18030|(?:cn-)?big5(?:-?hkscs)?"
    r"|iso-2022-(?:jp|kr)(?:-[0-9])?|euc-?(?:jp|kr)|(?:x-)?s(?:hift[-_]?)?-?jis|ms_kanji|windows-31j|ks_c_5601-19[0-9]{2}"
)
_ALIASES = {
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gb2312-80": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cn-big5": "big5",
    "us-ascii": "ascii",
    "x-sjis": "shift_jis",
    "sjis": "shift_jis",
    "s-jis": "shift_jis",
    "windows-31j": "cp932",
    "tis620": "tis-620",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601-1989": "cp949",
}
_ISO = re.compile(r"iso[-_]?8859[-_]?([0-9]{1,2})(?:-[ei])?(?::19[0-9]{2})?")
_WINDOWS = re.compile(r"(?:x-)?(?:windows|cp)-?([0-9]{3,4})")
_CONTROL = re.compile("[\x80-\x9f]")

_WIDER: Mapping[str, tuple[str, ...]] = {
    "ascii": ("utf-8", "cp1252", "iso8859-1"),
    "iso8859-1": ("cp1252",),
    "iso8859-2": ("cp1250",),
    "iso8859-7": ("cp1253",),
    "iso8859-8": ("cp1255",),
    "iso8859-9": ("cp1254",),
    "iso8859-11": ("cp874",),
    "iso8859-13": ("cp1257",),
    "iso8859-15": ("cp1252",),
    "tis-620": ("cp874",),
    "shift_jis": ("cp932",),
    "euc_jp": ("euc_jis_2004",),
    "euc_kr": ("cp949",),
    "big5": ("cp950", "big5hkscs"),
}
"""Codec → those that stand for it in practice. Letters of our users' languages are the same in both, save for a few of
`iso-8859-2`: so the declared one comes first."""


def codec_of(charset: str) -> str | None:
    """Name Python's codec for `charset`. None if it is unknown or no character set of texts."""
    name = charset.strip().strip("'\"").lower()
    if not _TEXT.fullmatch(name):
        return None
    name = _ALIASES.get(name, name)
    name = _ISO.sub(r"iso8859-\1", name)  # of Hebrew and Arabic without -e and -i, the order of display
    try:
        return codecs.lookup(_WINDOWS.sub(r"cp\1", name)).name
    except LookupError:
        return None


def decode_in(content: bytes, codec: str) -> str:
    """Decode in the codec, or in one that stands for it. Raises UnicodeError if it fits none.

    Control characters stay where no set has anything else in their place.
    """
    fallback: str | None = None
    for candidate in (codec, *_WIDER.get(codec, ())):
        try:
            text = content.decode(candidate)
        except UnicodeError:
            continue
        if candidate not in _WIDER or not _CONTROL.search(text):
            return text
        fallback = text if fallback is None else fallback
    return content.decode(codec) if fallback is None else fallback
