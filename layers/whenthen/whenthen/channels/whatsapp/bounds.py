"""Check what a WhatsApp message holds against the bounds of the Cloud API, before anything is sent.

The bounds are Meta's (developers.facebook.com/docs/whatsapp/cloud-api/messages, 2026-11). Characters are counted as
Python counts them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.common.reason_codes import NOT_TEXT, REQUIRED, TEXT_TOO_LONG, UNKNOWN_VALUE
from whenthen.domain.common.reasons import Reason, ReasonCode

# The list has `found` items; from `least` to `most` are allowed.
COUNT = ReasonCode("whatsapp.count", "least", "most", "found")
# The lists have `found` items together; at most `most` are allowed.
TOO_MANY_TOGETHER = ReasonCode("whatsapp.too_many_together", "most", "found")
# Two items of the lists have this same id.
SAME_ID = ReasonCode("whatsapp.same_id", "value")
# Either every value has a `parameter_name`, or none.
NAMED_IN_PART = ReasonCode("whatsapp.named_in_part")

_EACH = "[]"


class Text(Struct, frozen=True):
    """Bound a text: how many characters it may have, and whether it must be there."""

    path: str
    most: int
    required: bool = True

    def problems(self, document: Mapping[str, Any]) -> Iterator[Problem]:
        """Yield what is wrong with each text at the path."""
        for place, value in places(document, self.path):
            if value is None or value == "":
                if self.required:
                    yield Problem(place, REQUIRED())
            elif not isinstance(value, str):
                yield Problem(place, NOT_TEXT())
            elif len(value) > self.most:
                yield Problem(place, TEXT_TOO_LONG(count=self.most, found=len(value)))


class Items(Struct, frozen=True):
    """Bound a list: how many items it may have."""

    path: str
    least: int
    most: int

    def problems(self, document: Mapping[str, Any]) -> Iterator[Problem]:
        """Yield what is wrong with each list at the path."""
        for place, value in places(document, self.path):
            found = len(value) if isinstance(value, list) else 0
            if not self.least <= found <= self.most:
                yield Problem(place, COUNT(least=self.least, most=self.most, found=found))


class Choice(Struct, frozen=True):
    """Bound a value to some texts."""

    path: str
    options: tuple[str, ...]

    def problems(self, document: Mapping[str, Any]) -> Iterator[Problem]:
        """Yield each value at the path that is none of the options."""
        for place, value in places(document, self.path):
            if value not in self.options:
                yield Problem(place, REQUIRED() if value is None else _unknown(value, self.options))


class Together(Struct, frozen=True):
    """Bound how many items there are at a path in all, and that none has the id of another one."""

    path: str
    key: str
    most: int | None = None

    def problems(self, document: Mapping[str, Any]) -> Iterator[Problem]:
        """Yield that there are too many, and each id that stands twice."""
        found = [(place, value) for place, value in places(document, self.path) if value is not None]
        if self.most is not None and len(found) > self.most:
            yield Problem(self.path.split(_EACH)[0], TOO_MANY_TOGETHER(most=self.most, found=len(found)))
        seen: set[str] = set()
        for place, value in found:
            key = next((text for _, text in places({"item": value}, f"item.{self.key}")), None)
            if isinstance(key, str) and key in seen:
                yield Problem(f"{place}.{self.key}", SAME_ID(value=key))
            seen.add(str(key))


Bound = Text | Items | Choice | Together

_HEADER, _BODY, _FOOTER = (
    Text("header.text", 60, required=False),
    Text("body.text", 1024),
    Text("footer.text", 60, required=False),
)
_REPLY = "action.buttons[].reply"
_ROW = "action.sections[].rows[]"
_FLOW = "action.parameters"

INTERACTIVE: Mapping[str, tuple[Bound, ...]] = {
    "button": (
        _HEADER,
        _BODY,
        _FOOTER,
        Items("action.buttons", 1, 3),
        Choice("action.buttons[].type", ("reply",)),
        Text(f"{_REPLY}.id", 256),
        Text(f"{_REPLY}.title", 20),
        Together("action.buttons[]", "reply.id"),
    ),
    "list": (
        _HEADER,
        _BODY,
        _FOOTER,
        Text("action.button", 20),
        Items("action.sections", 1, 10),
        Items("action.sections[].rows", 1, 10),
        Together(_ROW, "id", 10),
        Text("action.sections[].title", 24, required=False),
        Text(f"{_ROW}.id", 200),
        Text(f"{_ROW}.title", 24),
        Text(f"{_ROW}.description", 72, required=False),
    ),
    "cta_url": (
        _HEADER,
        _BODY,
        _FOOTER,
        Choice("action.name", ("cta_url",)),
        Text("action.parameters.display_text", 20),
        Text("action.parameters.url", 2000),
    ),
    "flow": (
        _HEADER,
        _BODY,
        _FOOTER,
        Choice("action.name", ("flow",)),
        Choice(f"{_FLOW}.flow_message_version", ("3",)),
        Text(f"{_FLOW}.flow_cta", 20),
    ),
    "location_request_message": (_BODY, Choice("action.name", ("send_location",))),
}
"""The kind of an interactive message → what it must hold."""

COMPONENTS: Mapping[str, tuple[Bound, ...]] = {
    "header": (Items("parameters", 1, 1),),
    "body": (Items("parameters", 1, 100),),
    "button": (
        Choice("sub_type", ("quick_reply", "url", "copy_code", "flow", "catalog", "mpm", "voice_call")),
        Items("parameters", 1, 1),
        Text("parameters[].payload", 128, required=False),
        Text("parameters[].coupon_code", 15, required=False),
    ),
    "carousel": (Items("cards", 1, 10),),
    "limited_time_offer": (Items("parameters", 1, 1),),
}
"""The kind of a template's component → what it must hold."""

SUFFIX = 2000
"""Characters of what follows the fixed part of a button's address."""

MEDIA = ("image", "video", "audio", "document", "sticker")
CAPTIONED = ("image", "video", "document")
CAPTION = 1024


def check(document: Mapping[str, Any], bounds: Mapping[str, tuple[Bound, ...]], field: str) -> None:
    """Check a document by its `type`. Raises Invalid with every problem, each named under `field`."""
    kind = document.get("type")
    if not isinstance(kind, str) or kind not in bounds:
        raise Invalid.field(f"{field}.type", _unknown(kind, tuple(bounds)) if kind else REQUIRED())
    problems = [
        Problem(f"{field}.{problem.field}", problem.reason)
        for bound in bounds[kind]
        for problem in bound.problems(document)
    ]
    if problems:
        raise Invalid(problems)


def _unknown(value: Any, options: tuple[str, ...]) -> Reason:
    return UNKNOWN_VALUE(value=str(value)[:100], options=options)


def places(document: Any, path: str, place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each place that a path names, with what stands there; None where a field is not there.

    `rows[].id` names the ids of all rows. A list that is not there has no items.
    """
    name, dot, rest = path.partition(".")
    each = name.endswith(_EACH)
    name = name.removesuffix(_EACH)
    value = document.get(name) if isinstance(document, Mapping) else None
    here = f"{place}.{name}" if place else name
    found = _items(value, here) if each else [(here, value)]
    for where, item in found:
        if dot:
            yield from places(item, rest, where)
        else:
            yield where, item


def _items(value: Any, place: str) -> list[tuple[str, Any]]:
    return [(f"{place}[{number}]", item) for number, item in enumerate(value)] if isinstance(value, list) else []
