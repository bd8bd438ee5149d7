"""Refuse mail that is made to be slow or large to read, by counting its bytes before the parser reads them.

The parser makes an object of each line and of each header, and looks for the boundary of every open multipart in every
line. 39 MB of empty lines or short headers took 1.9 GB and minutes. Counting takes milliseconds and no memory.
"""

from __future__ import annotations

import re

from whenthen.domain.common.errors import Malformed
from whenthen.domain.common.reasons import ReasonCode

# The headers of a mail, before its body.
HEADERS_TOO_LARGE = ReasonCode("inbound_mail.headers_too_large", "count", "found")
TOO_MANY_LINES = ReasonCode("inbound_mail.too_many_lines", "count", "found")
# A header that describes a part of the mail, such as Content-Type.
PART_HEADER_TOO_LARGE = ReasonCode("inbound_mail.part_header_too_large", "count")
# A multipart is a part that holds other parts.
TOO_MANY_MULTIPARTS = ReasonCode("inbound_mail.too_many_multiparts", "count")

MAX_LINES = 1_000_000
"""Lines of one mail. The largest that SES takes, 40 MB, has 540,000 where its files are in base64."""

MAX_HEADER_BYTES = 1_000_000
"""Bytes of a mail's headers. Some thousand recipients take a tenth of that."""

MAX_MULTIPARTS = 50
MAX_CONTENT_HEADER = 20_000
"""Bytes of a header that describes a part. The parser's cost grows with multiparts times lines, and with the square of
such a header: within these bounds ten megabytes take seconds at worst."""

_END_OF_HEADERS = re.compile(rb"\A[\r\n]|\n\r?\n|\r\r")
_CONTENT_HEADER = re.compile(rb"(?:\A|[\r\n])content-[a-z-]+:[^\r\n]*(?:(?:\r\n|\r|\n)[ \t][^\r\n]*)*", re.IGNORECASE)


def check_cost(raw: bytes) -> None:
    """Refuse mail beyond the bounds. Raises Malformed."""
    lines = raw.count(b"\n") + raw.count(b"\r") - raw.count(b"\r\n")
    if lines > MAX_LINES:
        raise Malformed(TOO_MANY_LINES(count=MAX_LINES, found=lines))
    end = _END_OF_HEADERS.search(raw)
    headers = end.start() if end else len(raw)
    if headers > MAX_HEADER_BYTES:
        raise Malformed(HEADERS_TOO_LARGE(count=MAX_HEADER_BYTES, found=headers))
    multiparts = 0
    for header in _CONTENT_HEADER.finditer(raw):
        if len(header[0]) > MAX_CONTENT_HEADER:
            raise Malformed(PART_HEADER_TOO_LARGE(count=MAX_CONTENT_HEADER))
        multiparts += b"multipart/" in header[0].lower()
    if multiparts > MAX_MULTIPARTS:
        raise Malformed(TOO_MANY_MULTIPARTS(count=MAX_MULTIPARTS))
