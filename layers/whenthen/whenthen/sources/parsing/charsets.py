"""Find the codec of a declared character set, among those that hold texts.

Python knows codecs that are no character sets, some of them slow on input made for it (`idna`, `punycode`,
`unicode_escape`). A sender must not be able to choose those.
"""

from __future__ import annotations

import codecs
import re

_TEXT = re.compile(
    r"utf-?(?:8|16|32)(?:-?[bl]e)?|us-ascii|ascii|ansi_x3\.4-1968|latin-?[0-9]{1,2}|iso[-_]?8859[-_][0-9]{1,2}(?:-[ei])?"
    r"|(?:windows|cp)-?[0-9]{3,4}|x-cp[0-9]{4}|koi8-[rtu]|mac-?roman|gb2312|gbk|gb18030|big5(?:-?hkscs)?"
    r"|iso-2022-(?:jp|kr)(?:-[0-9])?|euc-?(?:jp|kr)|shift[-_]?jis|s-?jis|ks_c_5601-1987|tis-620"
)
_ALIASES = {"ks_c_5601-1987": "cp949", "gb2312": "gb18030", "gbk": "gb18030", "us-ascii": "ascii"}


def codec_of(charset: str) -> str | None:
    """Name Python's codec for `charset`. None if it is unknown or no character set of texts.

    For some names the web has settled on a wider set. The wider one is used: texts in the narrower one read the same.
    """
    name = charset.strip().strip("'\"").lower()
    if not _TEXT.fullmatch(name):
        return None
    name = _ALIASES.get(name, name)
    name = re.sub(r"^(iso[-_]?8859[-_][0-9]{1,2})-[ei]$", r"\1", name)  # Hebrew and Arabic: order of display
    try:
        return codecs.lookup(re.sub(r"^(?:windows|x-cp)-?", "cp", name)).name
    except LookupError:
        return None
