"""Give files the names and types under which a mail carries them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from whenthen.ports.outgoing import File

MAX_NAME = 100
"""Characters of a file's name."""

BINARY = "application/octet-stream"

_TYPE = re.compile(r"\s*([a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,60})\s*(?:;.*)?", re.I | re.DOTALL)
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|]+")
_EXTENDED = re.compile(r"filename\*\s*=\s*utf-8'[\w-]*'([^;\s]+)", re.IGNORECASE)
_PLAIN = re.compile(r"filename\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^;\s]+))", re.IGNORECASE)

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"PK\x03\x04", "application/zip"),
    (b"BEGIN:VCALENDAR", "text/calendar"),
)
_EXTENSIONS: Mapping[str, str] = {
    "application/pdf": ".pdf",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "application/zip": ".zip",
    "text/calendar": ".ics",
    "text/plain": ".txt",
    "text/csv": ".csv",
}


def file_of(content: bytes, name: Any, declared: Any) -> File:
    """Make a file with a safe name, and its declared type or else the one that its first bytes tell."""
    found = _TYPE.fullmatch(declared) if isinstance(declared, str) else None
    type_ = found[1].lower() if found else BINARY
    if type_ in (BINARY, "binary/octet-stream"):
        type_ = next((known for beginning, known in _SIGNATURES if content.startswith(beginning)), BINARY)
    if type_.startswith(("message/", "multipart/")):  # structure of a mail, which a file must not become
        type_ = BINARY
    return File(safe_name(name, type_), type_, content)


def safe_name(name: Any, type_: str) -> str:
    """Return the last part of a path without characters that control, hide or reorder; `file` if nothing is left."""
    text = re.split(r"[/\\]", name)[-1] if isinstance(name, str) else ""
    seen = "".join(each for each in text if unicodedata.category(each) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
    kept = _UNSAFE.sub("_", " ".join(seen.split())).strip(". ")
    if not kept:
        return f"file{_EXTENSIONS.get(type_, '')}"
    if len(kept) <= MAX_NAME:
        return kept
    stem, dot, extension = kept.rpartition(".")
    return f"{stem[: MAX_NAME - 11]}.{extension}" if dot and len(extension) <= 10 else kept[:MAX_NAME]


def name_in_disposition(header: str) -> str:
    """Return the file's name in a Content-Disposition header; empty if there is none."""
    extended = _EXTENDED.search(header)
    if extended:
        return unquote(extended[1])
    plain = _PLAIN.search(header)
    if not plain:
        return ""
    return re.sub(r"\\(.)", r"\1", plain[1]) if plain[1] is not None else plain[2]
