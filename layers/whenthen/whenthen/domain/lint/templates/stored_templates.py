"""Lint stored templates: fields that the events do not have, and languages of which one says less than another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from whenthen.domain.lint.findings import LANGUAGES_DIFFER, UNKNOWN_EVENT, UNKNOWN_FIELD, Finding, found
from whenthen.domain.lint.known_fields import Known, is_strange_type, known_of
from whenthen.domain.rules.event_triggers import watched
from whenthen.domain.stored_templates.reading import sources
from whenthen.domain.templating.templates import paths_of

if TYPE_CHECKING:
    from whenthen.domain.stored_templates.message_template import MessageTemplate, Texts

Path = tuple[str, ...]


def lint_template(template: MessageTemplate) -> list[Finding]:
    """Return every finding about a stored template; all are warnings."""
    return [*_events(template), *unknown_fields(template, known_of(watched(template.events))), *_differing(template)]


def _events(template: MessageTemplate) -> Iterator[Finding]:
    yield from (found(UNKNOWN_EVENT, "events", name=each) for each in template.events if is_strange_type(each))


def unknown_fields(template: MessageTemplate, known: Known) -> Iterator[Finding]:
    """Find fields of events that the texts name and these events do not have, at `texts.tr.subject`."""
    for field, source in sources(template):
        for root, *names in sorted(paths_of(source)):
            if known.lacks(root, names):
                yield found(UNKNOWN_FIELD, field, field=".".join((root, *names)))


def _differing(template: MessageTemplate) -> Iterator[Finding]:
    """Find fields that one language names and another does not: somebody changed one text and forgot the others."""
    named = {language: _named(texts) for language, texts in template.texts.items()}
    everything = frozenset[Path]().union(*named.values())
    for language, paths in named.items():
        for path in sorted(everything - paths):
            yield found(LANGUAGES_DIFFER, f"texts.{language}", language=language, field=".".join(path))


def _named(texts: Texts) -> frozenset[Path]:
    return frozenset[Path]().union(*(paths_of(source) for source in texts.given().values()))
