"""Read the body of a delivery by its content type, under every scheme: JSON, a form, or JSON in a form's `payload`.

Programs post forms too (GitHub's `payload=`, Twilio), and scripts of web pages post a form's fields as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.sources.parsing.forms import FORM_TYPES, Form, media_type, read_form
from whenthen.sources.parsing.json_body import read_json
from whenthen.sources.signing.schemes import FORM_SCHEMES

if TYPE_CHECKING:
    from whenthen.sources.signing.schemes import Scheme

_PAYLOAD = "payload"
"""The one field in which some programs post their JSON as a form."""


class Content(Struct, frozen=True):
    """Hold a body that was read: the value of JSON, or the fields and files of a form."""

    value: Any = None
    form: Form | None = None


def read_body(scheme: Scheme, headers: Mapping[str, str], raw: bytes) -> Content:
    """Read a body by its content type. Raises Malformed if it is not what that says, TooLarge for too many fields.

    A program's body that begins as JSON does is JSON, whatever its type says: many send all as a form's.
    """
    content_type = headers.get("content-type", "")
    if scheme.kind in FORM_SCHEMES:
        return Content(form=read_form(raw, content_type))
    if media_type(content_type) not in FORM_TYPES or _looks_like_json(raw):
        return Content(read_json(raw))
    form = read_form(raw, content_type)
    payload = form.text(_PAYLOAD).encode("utf-8", "replace")
    if list(form.fields) == [_PAYLOAD] and not form.files and _looks_like_json(payload):
        return Content(read_json(payload))
    return Content(form=form)


def fields_of(form: Form, hidden: frozenset[str | None] = frozenset()) -> dict[str, Any]:
    """Return a form as expressions see it, without the hidden fields and without the contents of its files."""
    files = [
        {"field": file.field, "name": file.name, "type": file.type, "size": len(file.content)} for file in form.files
    ]
    fields = {name: value for name, value in form.fields.items() if name not in hidden}
    return {"fields": fields, "files": files} if files else {"fields": fields}


def _looks_like_json(raw: bytes) -> bool:
    return raw.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")
