"""Read HTML forms, url-encoded or multipart, as fields and files.

The multipart reader follows RFC 7578 and the habits of browsers (`%22` for a quote in a name). It is strict
about the delimiters and reads in one pass, so no body costs more than its length.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from msgspec import Struct

from whenthen.domain.common.errors import Malformed, TooLarge
from whenthen.domain.common.reasons import ReasonCode
from whenthen.sources.parsing.charsets import codec_of, decode_in

CONTENT_TYPE = ReasonCode("form.content_type")
TOO_MANY_FIELDS = ReasonCode("form.too_many_fields", "count")
WRONG_ENCODING = ReasonCode("form.wrong_encoding")
UNKNOWN_ENCODING = ReasonCode("form.unknown_encoding")
NO_BOUNDARY = ReasonCode("form.no_boundary")
UNTERMINATED = ReasonCode("form.unterminated")
PART_WITHOUT_HEADERS = ReasonCode("form.part_without_headers")
PART_WITHOUT_NAME = ReasonCode("form.part_without_name")

MAX_FIELDS = 200
"""Fields and files that one form may have."""

_BOUNDARY = re.compile(r"boundary=(?:\"([^\"\r\n]{1,70})\"|([^\s;\"]{1,70}))", re.IGNORECASE)
_CHARSET = re.compile(r"charset=\"?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_PARAMETER = re.compile(r";\s*(name|filename)=(?:\"((?:[^\"\\]|\\.)*)\"|([^\s;\"]+))", re.IGNORECASE | re.DOTALL)
_ESCAPES = {"%22": '"', "%0D": "\r", "%0A": "\n", '\\"': '"'}


class Upload(Struct, frozen=True):
    """Hold a file that came with a form."""

    field: str
    name: str
    type: str
    content: bytes


class Form(Struct, frozen=True):
    """Hold a posted form. A field that came more than once (check boxes) has a list of texts, in their order."""

    fields: Mapping[str, str | list[str]]
    files: tuple[Upload, ...] = ()

    def text(self, name: str) -> str:
        """Return the field's text, the first of several; empty if the field was not posted."""
        value = self.fields.get(name, "")
        return value if isinstance(value, str) else value[0]


def read_form(body: bytes, content_type: str) -> Form:
    """Read a posted form. Raises Malformed if it is none or not in its declared encoding, TooLarge over the bounds."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return Form(_gather(_urlencoded(body, content_type)))
    if kind == "multipart/form-data":
        return _multipart(body, content_type)
    raise Malformed(CONTENT_TYPE())


def _gather(pairs: list[tuple[str, str]]) -> dict[str, str | list[str]]:
    texts: dict[str, list[str]] = {}
    for name, text in pairs:
        texts.setdefault(name, []).append(text)
    return {name: values[0] if len(values) == 1 else values for name, values in texts.items()}


def _urlencoded(body: bytes, content_type: str) -> list[tuple[str, str]]:
    if body.count(b"&") >= MAX_FIELDS:
        raise TooLarge(TOO_MANY_FIELDS(count=MAX_FIELDS))
    codec = _codec(content_type)
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, encoding="latin-1")  # each byte a character
        return [(_decoded(name, codec), _decoded(value, codec)) for name, value in pairs]
    except UnicodeError:
        raise Malformed(WRONG_ENCODING()) from None


def _decoded(octets: str, codec: str) -> str:
    return decode_in(octets.encode("latin-1"), codec)


def _multipart(body: bytes, content_type: str) -> Form:
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise Malformed(NO_BOUNDARY())
    delimiter = b"\r\n--" + (boundary[1] or boundary[2]).encode("utf-8", "surrogatepass")
    parts = (b"\r\n" + body).split(delimiter, MAX_FIELDS + 2)
    if len(parts) > MAX_FIELDS + 2:
        raise TooLarge(TOO_MANY_FIELDS(count=MAX_FIELDS))
    if len(parts) < 2 or not parts[-1].startswith(b"--"):
        raise Malformed(UNTERMINATED())
    fields: list[tuple[str, str]] = []
    files: list[Upload] = []
    for part in parts[1:-1]:
        name, upload = _part(part)
        if isinstance(upload, Upload):
            files.append(upload)
        else:
            fields.append((name, upload))
    return Form(_gather(fields), tuple(files))


def _part(part: bytes) -> tuple[str, str | Upload]:
    """Read one part, from behind its delimiter: the field's name, and its text or its file."""
    head, separator, content = part.partition(b"\r\n\r\n")
    if not separator or head.lstrip(b" \t")[:2] != b"\r\n":
        raise Malformed(PART_WITHOUT_HEADERS())
    try:
        headers = dict(_header_line(line) for line in head.decode("utf-8").split("\r\n")[1:])
        parameters = {
            match[1].lower(): _unescaped(match[2] or match[3] or "")
            for match in _PARAMETER.finditer(headers.get("content-disposition", ""))
        }
        if "filename" in parameters:
            kind = headers.get("content-type", "application/octet-stream").partition(";")[0].strip().lower()
            return "", Upload(parameters.get("name", ""), parameters["filename"], kind, content)
        text = decode_in(content, _codec(headers.get("content-type", "")))
    except UnicodeError:
        raise Malformed(WRONG_ENCODING()) from None
    if "name" not in parameters:
        raise Malformed(PART_WITHOUT_NAME())
    return parameters["name"], text


def _codec(content_type: str) -> str:
    """Find the codec of the declared encoding, UTF-8 if none is. Raises Malformed for one that is not known."""
    declared = _CHARSET.search(content_type)
    codec = codec_of(declared[1]) if declared else "utf-8"
    if codec is None:
        raise Malformed(UNKNOWN_ENCODING())
    return codec


def _header_line(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()


def _unescaped(text: str) -> str:
    for escape, character in _ESCAPES.items():
        text = text.replace(escape, character)
    return text
