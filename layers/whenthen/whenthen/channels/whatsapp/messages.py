"""Write the content of WhatsApp messages: texts, media, interactive messages, and templates with their components.

Shapes are those of Meta's Cloud API, so that what its documentation shows can be written into a rule as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from unicodedata import category

from whenthen.channels.whatsapp.bounds import (
    CAPTION,
    CAPTIONED,
    COMPONENTS,
    INTERACTIVE,
    MEDIA,
    NAMED_IN_PART,
    SUFFIX,
    check,
)
from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reason_codes import (
    MATTERS_ONLY_TO,
    NOT_EXACTLY_ONE,
    NOT_LIST,
    NOT_OBJECT,
    TEXT_TOO_LONG,
    UNKNOWN_VALUE,
)
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.templating.plain_text import plain

MAX_TEXT = 4096
DEFAULT_LANGUAGE = "en_US"

# The text has `found` characters; from 1 to `most` are allowed.
TEXT_LENGTH = ReasonCode("whatsapp.text_length", "most", "found")
# The value in this place of the template, counted from 1, is empty. WhatsApp takes no empty values.
EMPTY_VALUE = ReasonCode("whatsapp.empty_value", "place")
# Media is named by an https address, which WhatsApp fetches.
NO_ADDRESS = ReasonCode("whatsapp.no_media_address")

_INVISIBLE = frozenset(["Cc", "Cf", "Cs", "Co", "Cn"])
"""Unicode categories of characters that show nothing. Those that join letters stay within a text."""


def has_free(given: Mapping[str, Any]) -> bool:
    """Tell whether a step has free content: a text that came out blank is none."""
    return any(given.get(name) and str(given[name]).strip() for name in _FREE)


def free(given: Mapping[str, Any]) -> dict[str, Any] | None:
    """Write what may go within 24 hours of the customer's last message; None if the step has none of it.

    Raises Invalid naming the field, as `with.interactive.action.buttons`.
    """
    for name, write in _FREE.items():
        if name in given:
            return write(given[name])
    return None


def template(given: Mapping[str, Any]) -> dict[str, Any] | None:
    """Write an approved template with its values; None if the step has none. Raises Invalid naming the field."""
    if not given.get("template"):
        return None
    components = [_component(each, f"with.components[{at}]") for at, each in enumerate(_components(given))]
    written: dict[str, Any] = {
        "name": given["template"],
        "language": {"code": given.get("language") or DEFAULT_LANGUAGE},
    }
    if given.get("parameters"):
        values = [{"type": "text", "text": text} for text in _values(given["parameters"])]
        components.append({"type": "body", "parameters": values})
    return {"type": "template", "template": {**written, **({"components": components} if components else {})}}


def _text(body: str) -> dict[str, Any]:
    if not body.strip() or len(body) > MAX_TEXT:
        raise Invalid.field("with.text", TEXT_LENGTH(most=MAX_TEXT, found=len(body)))
    return {"type": "text", "text": {"preview_url": False, "body": body}}


def _interactive(document: Mapping[str, Any]) -> dict[str, Any]:
    check(document, INTERACTIVE, "with.interactive")
    return {"type": "interactive", "interactive": document}


def _media(document: Mapping[str, Any]) -> dict[str, Any]:
    """Write media, given as `{"type": "image", "link": …, "caption": …, "filename": …}`, or an `id` for the link."""
    kind = document.get("type")
    if kind not in MEDIA:
        raise Invalid.field("with.media.type", UNKNOWN_VALUE(value=str(kind)[:100], options=MEDIA))
    media = {name: document[name] for name in ("link", "id", "caption", "filename") if document.get(name)}
    _check_source(media, "with.media")
    for name, kinds in (("caption", CAPTIONED), ("filename", ("document",))):
        if name in media and kind not in kinds:
            raise Invalid.field(f"with.media.{name}", MATTERS_ONLY_TO(options=kinds))
    if len(str(media.get("caption", ""))) > CAPTION:
        raise Invalid.field("with.media.caption", TEXT_TOO_LONG(count=CAPTION, found=len(str(media["caption"]))))
    return {"type": kind, kind: media}


def _check_source(media: Mapping[str, Any], field: str) -> None:
    if ("link" in media) is ("id" in media):
        raise Invalid.field(field, NOT_EXACTLY_ONE(options=("link", "id")))
    if "link" in media and not str(media["link"]).startswith("https://"):
        raise Invalid.field(f"{field}.link", NO_ADDRESS())


_FREE: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "interactive": _interactive,
    "media": _media,
    "text": _text,
}
"""A parameter of the step → how its content is written."""


def _components(given: Mapping[str, Any]) -> Sequence[Any]:
    components = given.get("components") or []
    if not isinstance(components, list):
        raise Invalid.field("with.components", NOT_LIST())
    return components


def _component(document: Any, field: str) -> dict[str, Any]:
    """Check a component as Meta documents it, with each of its texts in one line."""
    if not isinstance(document, Mapping):
        raise Invalid.field(field, NOT_OBJECT())
    check(document, COMPONENTS, field)
    parameters = document.get("parameters")
    if parameters is None:
        return dict(document)
    written = [_parameter(each, f"{field}.parameters[{at}]", document) for at, each in enumerate(parameters)]
    if len({"parameter_name" in each for each in written}) > 1:
        raise Invalid.field(f"{field}.parameters", NAMED_IN_PART())
    return {**document, "parameters": written}


def _parameter(document: Any, field: str, component: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(document, Mapping):
        raise Invalid.field(field, NOT_OBJECT())
    kind = document.get("type")
    if kind == "text":
        text = _line(document.get("text"), f"{field}.text", 1)
        if component.get("sub_type") == "url" and len(text) > SUFFIX:
            raise Invalid.field(f"{field}.text", TEXT_TOO_LONG(count=SUFFIX, found=len(text)))
        return {**document, "text": text}
    if kind in MEDIA:
        media = document.get(kind)
        if not isinstance(media, Mapping):
            raise Invalid.field(f"{field}.{kind}", NOT_OBJECT())
        _check_source(media, f"{field}.{kind}")
    return dict(document)


def _values(given: Sequence[str]) -> list[str]:
    """Return the values of a template in one line each. Raises Invalid naming the value that is empty."""
    return [_line(text, f"with.parameters[{place}]", place + 1) for place, text in enumerate(given)]


def _line(text: Any, field: str, place: int) -> str:
    """Write a value in one line: Meta takes no line breaks, tabs, runs of spaces, or nothing."""
    value = " ".join("".join(map(_without_control, plain(text))).split())
    if all(character == " " or category(character) in _INVISIBLE for character in value):
        raise Invalid.field(field, EMPTY_VALUE(place=place))
    return value


def _without_control(character: str) -> str:
    return " " if category(character) == "Cc" else character
