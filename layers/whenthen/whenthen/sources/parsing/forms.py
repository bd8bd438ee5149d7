"""Read HTML forms, url-encoded or multipart, as fields and files.

The multipart reader follows RFC 7578 and the habits of browsers (`%22` for a quote in a name). It is strict
about the delimiters and reads in one pass, so no body costs more than its length.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from msgspec import Struct

from whenthen.domain.common.errors import Malformed, TooLarge
from whenthen.domain.common.reasons import ReasonCode
from whenthen.sources.parsing.charsets import codec_of, decode_in
from whenthen.sources.parsing.json_body import read_json

CONTENT_TYPE = ReasonCode("form.content_type")
TOO_MANY_FIELDS = ReasonCode("form.too_many_fields", "count")
WRONG_ENCODING = ReasonCode("form.wrong_encoding")
UNKNOWN_ENCODING = ReasonCode("form.unknown_encoding")
NO_BOUNDARY = ReasonCode("form.no_boundary")
UNTERMINATED = ReasonCode("form.unterminated")
PART_WITHOUT_HEADERS = ReasonCode("form.part_without_headers")
PART_WITHOUT_NAME = ReasonCode("form.part_without_name")
# A script posted the form as JSON, but not as an object of its fields.
NO_OBJECT = ReasonCode("form.no_object")

MAX_FIELDS = 200
"""Fields and files that one form may have."""

URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
FORM_TYPES = frozenset({URLENCODED, MULTIPART})
"""Media types by which browsers post forms."""

_CHARSET_FIELD = "_charset_"
"""A field in which a browser names the encoding of the form (HTML, RFC 7578)."""

_NAMED_CHARSET = re.compile(rb"(?:^|&)_charset_=([A-Za-z0-9_.:-]{1,40})(?=&|$)")
_RAW = re.compile(rb"[\x80-\xff]")
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
    """Hold a posted form. A field that came more than once (check boxes) has a list of texts, in their order.

    The fields of a form that a script posted as JSON may hold any JSON.
    """

    fields: Mapping[str, Any]
    files: tuple[Upload, ...] = ()

    def text(self, name: str) -> str:
        """Return the field's text, the first of several; empty if the field was not posted, or is no text."""
        value = self.fields.get(name, "")
        first = value[0] if isinstance(value, list) and value else value
        return first if isinstance(first, str) else ""


def read_form(body: bytes, content_type: str) -> Form:
    """Read a posted form. Raises Malformed if it is none or not in its declared encoding, TooLarge over the bounds."""
    kind = media_type(content_type)
    if kind == URLENCODED:
        return Form(_gather(_urlencoded(body, content_type)))
    if kind == MULTIPART:
        return _multipart(body, content_type)
    if kind == "application/json" or kind.endswith("+json"):
        return _json(body)
    raise Malformed(CONTENT_TYPE())


def media_type(content_type: str) -> str:
    """Return a content type without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


def _json(body: bytes) -> Form:
    fields = read_json(body)
    if not isinstance(fields, dict):
        raise Malformed(NO_OBJECT())
    if len(fields) > MAX_FIELDS:
        raise TooLarge(TOO_MANY_FIELDS(count=MAX_FIELDS))
    return Form(fields)


def _gather(pairs: Sequence[tuple[str, str]]) -> dict[str, str | list[str]]:
    texts: dict[str, list[str]] = {}
    for name, text in pairs:
        if name != _CHARSET_FIELD:
            texts.setdefault(name, []).append(text)
    return {name: values[0] if len(values) == 1 else values for name, values in texts.items()}


def _urlencoded(body: bytes, content_type: str) -> list[tuple[str, str]]:
    if body.count(b"&") >= MAX_FIELDS:
        raise TooLarge(TOO_MANY_FIELDS(count=MAX_FIELDS))
    named = _NAMED_CHARSET.search(body)
    codec = _codec(f"charset={named[1].decode()}" if named else content_type)
    # Programs write letters as they are, where a browser escapes each of their bytes.
    escaped = _RAW.sub(lambda byte: b"%%%02X" % byte[0][0], body)
    try:
        pairs = parse_qsl(escaped.decode("ascii"), keep_blank_values=True, encoding="latin-1")  # each byte a character
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
    read = [_part(part) for part in parts[1:-1]]
    named = next((each.content for each in read if each.name == _CHARSET_FIELD and not each.is_file), b"")
    encoding = f"charset={named.decode('ascii', 'replace').strip()}" if named.strip() else ""
    fields = [(each.name, _text(each, encoding)) for each in read if not each.is_file]
    files = [
        Upload(each.name, each.filename or "", media_type(each.type or "application/octet-stream"), each.content)
        for each in read
        if each.is_file and (each.filename or each.content)  # a browser posts an input without a file as one of no name
    ]
    return Form(_gather(fields), tuple(files))


class _Part(Struct, frozen=True):
    """Hold one part of a multipart body: a field, or a file if it has a file's name, be it an empty one."""

    name: str
    filename: str | None
    type: str
    content: bytes

    @property
    def is_file(self) -> bool:
        return self.filename is not None


def _text(part: _Part, encoding: str) -> str:
    """Decode a field: in the encoding of the part itself, else in that which the form names for all."""
    try:
        return decode_in(part.content, _codec(part.type if _CHARSET.search(part.type) else encoding))
    except UnicodeError:
        raise Malformed(WRONG_ENCODING()) from None


def _part(part: bytes) -> _Part:
    """Read one part, from behind its delimiter."""
    head, separator, content = part.partition(b"\r\n\r\n")
    if not separator or head.lstrip(b" \t")[:2] != b"\r\n":
        raise Malformed(PART_WITHOUT_HEADERS())
    try:
        headers = dict(_header_line(line) for line in head.decode("utf-8").split("\r\n")[1:])
        parameters = {
            match[1].lower(): _unescaped(match[2] or match[3] or "")
            for match in _PARAMETER.finditer(headers.get("content-disposition", ""))
        }
    except UnicodeError:
        raise Malformed(WRONG_ENCODING()) from None
    if "name" not in parameters and "filename" not in parameters:
        raise Malformed(PART_WITHOUT_NAME())
    return _Part(parameters.get("name", ""), parameters.get("filename"), headers.get("content-type", ""), content)


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
