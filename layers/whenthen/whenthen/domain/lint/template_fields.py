"""Find fields that a step's templates name and the events of the rule do not have: they would be empty."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from whenthen.domain.lint.findings import (
    IN_LANGUAGE,
    LANGUAGES_DIFFER,
    NO_SUCH_TEMPLATE,
    TEMPLATE_OF_OTHER_CHANNEL,
    UNKNOWN_EVENT,
    UNKNOWN_FIELD,
    Finding,
    Severity,
    found,
)
from whenthen.domain.lint.known_fields import is_strange_type, known_of
from whenthen.domain.rules.actions import actions
from whenthen.domain.rules.event_triggers import watched
from whenthen.domain.rules.step_parameters import texts_of
from whenthen.domain.rules.steps import MOVING_STEP
from whenthen.domain.stored_templates.message_template import PARTS
from whenthen.domain.stored_templates.reading import sources
from whenthen.domain.stored_templates.uses import channel_of, template_of
from whenthen.domain.templating.templates import paths_of

if TYPE_CHECKING:
    from whenthen.domain.lint.known_fields import Known
    from whenthen.domain.rules.rule import Rule, Step
    from whenthen.domain.stored_templates.message_template import MessageTemplate, Texts


def template_fields(step: Step, path: str, known: Known) -> Iterator[Finding]:
    """Find each such field of the step's parameters, once for each parameter. `path`: that of the step."""
    for field, source in texts_of(step.parameters, f"{path}.with"):
        for root, *names in sorted(paths_of(source)):
            if known.lacks(root, names):
                yield found(UNKNOWN_FIELD, field, field=".".join((root, *names)))


def stored_templates(rule: Rule, known: Known, read: Callable[[str], MessageTemplate | None]) -> Iterator[Finding]:
    """Find what is wrong with the stored templates that the steps name. `read`: None for one that is not there."""
    for position, step in enumerate(step for step in rule.steps if step.id != MOVING_STEP):
        named = template_of(step)
        if named is None:
            continue
        (parameter, template_id), channel = named, channel_of(step)
        place, template = f"steps[{position}].with.{parameter}", read(template_id)
        if template is None:
            yield found(NO_SUCH_TEMPLATE, place, template=template_id)
        elif not template.serves(channel):
            yield found(TEMPLATE_OF_OTHER_CHANNEL, place, template=template_id, channel=str(channel))
        else:
            lacking = {each.reason.params["field"]: each for each in unknown_fields(template, known)}
            yield from (replace(each, field=place) for each in lacking.values())
            yield from _of_channel(step, template, f"steps[{position}].with", parameter)


def _of_channel(step: Step, template: MessageTemplate, path: str, parameter: str) -> Iterator[Finding]:
    """Find what the step's channel knows to be odd about the template's texts, for each language."""
    lints = actions()[step.action].lints
    seen: set[tuple[str, str]] = set()
    for language, texts in template.texts.items() if lints else ():
        for name, reason in lints({**step.parameters, **texts.given()}) if lints else ():
            if name in PARTS:
                yield found(IN_LANGUAGE, f"{path}.{parameter}", language=language, problem=reason)
            elif (name, reason.code) not in seen:
                seen.add((name, reason.code))
                yield Finding(Severity.WARNING, f"{path}.{name}", reason)


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
