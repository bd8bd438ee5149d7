"""Read stored templates as admins write them, and find every problem of their texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from whenthen.domain.common.document_reader import LONGEST_DESCRIPTION, Reader
from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.common.reason_codes import BAD_EVENT_TYPE, NONE_GIVEN, REQUIRED, TOO_MANY
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events.event import EVENT_TYPE
from whenthen.domain.localisation.tags import read_tag
from whenthen.domain.rules.actions import MAX_TEMPLATE
from whenthen.domain.stored_templates.message_template import (
    MAX_SUBJECT,
    PARTS,
    SHAPES,
    Channel,
    MessageTemplate,
    Texts,
)
from whenthen.domain.templating import templates

MAX_LANGUAGES = 30
"""Bound the languages of a template."""

MAX_EVENTS = 20
"""Bound the event types that a template is written for."""

LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z]{4})?(?:[-_](?:[A-Za-z]{2}|[0-9]{3}))?")
"""Match the language tag under which texts stand."""

# The key under `texts` is no language tag, such as tr or pt-BR.
BAD_LANGUAGE = ReasonCode("stored_template.malformed_language", "value")
# Two keys under `texts` name this language.
SAME_LANGUAGE = ReasonCode("stored_template.same_language", "language")
LINE_BREAK = ReasonCode("stored_template.line_break")
# Messages of this channel have no such part.
NOT_OF_CHANNEL = ReasonCode("stored_template.part_not_of_channel", "channel")


def parse_message_template(document: Mapping[str, Any]) -> MessageTemplate:
    """Read a stored template; the syntax of its texts is not looked at. Raises Invalid naming each field."""
    problems: list[Problem] = []
    reader = Reader(document, "", problems)
    reader.text("id")
    reader.text("description", longest=LONGEST_DESCRIPTION)
    channel = Channel(reader.choice("channel", tuple(Channel), Channel.ANY))
    template = MessageTemplate(
        channel,
        _read_languages(reader, channel),
        _read_events(reader),
        reader.text("name", required=True),
    )
    reader.finish()
    if problems:
        raise Invalid(problems)
    return template


def check_message_template(template: MessageTemplate) -> list[Problem]:
    """Return every problem of the syntax of its texts, as `texts.tr.subject`."""
    return [problem for field, source in sources(template) for problem in _check(source, field)]


def _check(source: str, field: str) -> list[Problem]:
    return templates.check(source, field) if "{" in source else []


def sources(template: MessageTemplate) -> Iterator[tuple[str, str]]:
    """Yield each text with its field."""
    for language, texts in template.texts.items():
        for name, source in texts.given().items():
            yield f"texts.{language}.{name}", source


def _read_events(reader: Reader) -> tuple[str, ...]:
    types = reader.texts("events", most=MAX_EVENTS)
    for each in types:
        if not EVENT_TYPE.fullmatch(each):
            reader.report("events", BAD_EVENT_TYPE(value=each))
    return types


def _read_languages(reader: Reader, channel: Channel) -> dict[str, Texts]:
    written = reader.mapping("texts")
    if not written:
        reader.report("texts", REQUIRED())
    if len(written) > MAX_LANGUAGES:
        reader.report("texts", TOO_MANY(count=MAX_LANGUAGES, found=len(written)))
    found: dict[str, Texts] = {}
    for key, value in list(written.items())[:MAX_LANGUAGES]:
        texts = _read_texts(Reader(value, reader.field(f"texts.{key}"), reader.problems), channel)
        language = read_tag(key) if LANGUAGE.fullmatch(key) else ""
        if not language:
            reader.report("texts", BAD_LANGUAGE(value=key[:50]))
        elif language in found:
            reader.report("texts", SAME_LANGUAGE(language=language))
        found[language] = texts
    return found


def _read_texts(reader: Reader, channel: Channel) -> Texts:
    shape = SHAPES[channel]
    values = {name: _read_part(reader, name, channel) for name in PARTS}
    reader.finish()
    missing = [name for name in shape.required if not values[name]]
    for name in missing:
        reader.report(name, REQUIRED())
    if not any(values[name] for name in shape.one_of):
        one = shape.one_of[0]
        reader.report(*((one, REQUIRED()) if len(shape.one_of) == 1 else ("", NONE_GIVEN(options=shape.one_of))))
    return Texts(**values)


def _read_part(reader: Reader, name: str, channel: Channel) -> str:
    longest = MAX_SUBJECT if name == "subject" else MAX_TEMPLATE
    value = reader.text(name, longest=longest)
    if value and name not in SHAPES[channel].parts:
        reader.report(name, NOT_OF_CHANNEL(channel=str(channel)))
    if name == "subject" and len(value.splitlines()) > 1:
        reader.report(name, LINE_BREAK())
    return value
