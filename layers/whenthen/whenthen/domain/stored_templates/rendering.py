"""Render the text of a customer's language, within the bounds of the channel that sends it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.localisation.tags import choose, language_in, locale_in, read_tag
from whenthen.domain.stored_templates.message_template import MAX_SUBJECT, SHAPES, Channel, MessageTemplate, Texts
from whenthen.domain.templating import templates
from whenthen.domain.templating.budget import Budget
from whenthen.domain.templating.locale_filters import LOCALE

# The template is not for messages of this channel.
OTHER_CHANNEL = ReasonCode("stored_template.other_channel", "template", "channel")
# The rendered text has more characters than the channel takes.
TEXT_TOO_LONG = ReasonCode("stored_template.too_long_for_channel", "count", "found", "channel")
# All of the rendered text is white space.
NOTHING_WRITTEN = ReasonCode("stored_template.empty")

_ONE_WIDTH = str.maketrans({"\u00a0": " ", "\u202f": " "})
"""Spaces that do not break become plain ones: a single one would halve the characters of a text message."""


class Rendered(Struct, frozen=True):
    """Hold a message as it goes out, and its language. `locale`: the tag by which numbers and dates are written."""

    language: str
    subject: str = ""
    text: str = ""
    html: str = ""
    locale: str = ""


def render_message(template: MessageTemplate, channel: Channel, context: Mapping[str, Any], name: str) -> Rendered:
    """Render the texts for the record of the context. Raises Invalid naming `texts.<language>.<part>`.

    channel  of the message; ANY renders all parts and knows no bound of length
    context  as `context_of` makes it: `record.language` is asked first, then the rule's `language`
    name     the template's id, for the reason of a template that is not for the channel
    """
    if channel is not Channel.ANY and not template.serves(channel):
        raise Invalid.field("", OTHER_CHANNEL(template=name, channel=str(channel)))
    language = language_for(template, context)
    words = {**context, "language": language_in(language), LOCALE: _locale(language, context)}
    texts, budget = template.texts[language], Budget()
    parts = {part: _render(part, texts, words, budget, f"texts.{language}") for part in SHAPES[channel].parts}
    if longest := SHAPES[channel].longest:
        parts["text"] = _bounded(parts["text"], longest, channel, f"texts.{language}.text")
    return Rendered(language=language, locale=words[LOCALE], **parts)


def language_for(template: MessageTemplate, context: Mapping[str, Any]) -> str:
    """Choose the language of the record, else that of the rule (the installation's by default), else the first."""
    return choose(template.texts, _wanted(context))


def _wanted(context: Mapping[str, Any]) -> tuple[Any, Any]:
    return (context.get("record") or {}).get("language"), context.get("language")


def _locale(language: str, context: Mapping[str, Any]) -> str:
    """Return the locale of the text: with the record's territory, if it is of the same language."""
    same = [tag for tag in map(read_tag, _wanted(context)) if tag and language_in(tag) == language_in(language)]
    return locale_in((*same, language, *_wanted(context)))


def _render(part: str, texts: Texts, context: Mapping[str, Any], budget: Budget, field: str) -> str:
    source = getattr(texts, part)
    try:
        text = templates.render(source, context, escaping=part == "html", budget=budget)
    except Invalid as error:
        raise Invalid([Problem(f"{field}.{part}", problem.reason) for problem in error.problems]) from error
    return " ".join(text.split())[:MAX_SUBJECT] if part == "subject" else text


def _bounded(text: str, longest: int, channel: Channel, field: str) -> str:
    text = text.translate(_ONE_WIDTH).strip() if channel is Channel.SMS else text.strip()
    if not text:
        raise Invalid.field(field, NOTHING_WRITTEN())
    if len(text) > longest:
        raise Invalid.field(field, TEXT_TOO_LONG(count=longest, found=len(text), channel=str(channel)))
    return text
