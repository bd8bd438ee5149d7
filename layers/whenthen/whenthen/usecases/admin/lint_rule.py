"""lint_rule: find mistakes of a rule by itself and beside the rules that are switched on, without saving it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace

from whenthen.domain.common.errors import Invalid, LintFailed, NotFound, Problem
from whenthen.domain.common.reasons import Reason
from whenthen.domain.events.event import format_time
from whenthen.domain.lint.findings import MOMENT_IS_PAST, NOT_ALL_COMPARED, UNKNOWN_CONNECTION, Finding, Severity, found
from whenthen.domain.lint.known_fields import known_of
from whenthen.domain.lint.lint import lint
from whenthen.domain.lint.message_limits import days_off, message_limits
from whenthen.domain.lint.rule_conflicts import made_by, starts
from whenthen.domain.lint.template_fields import stored_templates
from whenthen.domain.rules.rule import Rule, parse_rule
from whenthen.domain.rules.steps import MOVING_STEP, connections_of
from whenthen.domain.scheduling.schedules import Schedule
from whenthen.domain.sending.limits import SUBJECT as LIMITS
from whenthen.domain.sending.limits import read_limit_settings
from whenthen.domain.sending.sms_parts import SEVERAL_PARTS, TOO_MANY_PARTS
from whenthen.domain.stored_templates.reading import parse_message_template
from whenthen.usecases.context.calendar import ReadCalendar

if TYPE_CHECKING:
    from whenthen.domain.stored_templates.message_template import MessageTemplate
    from whenthen.ports.administration import ConnectionStore, SettingStore
    from whenthen.ports.clock import Clock
    from whenthen.ports.rules import RuleStore
    from whenthen.ports.templates import TemplateStore

MAX_COMPARED = 300
"""Rules that a rule is compared with: rules on its own events first, then rules that it starts, link by link."""

MAX_LINKS = 8
"""Links of a chain of rules that start one another that are followed; the matcher follows as many."""


class LintRule(Struct, frozen=True):
    """Compare a rule with those that may conflict with it: a bounded number, read by their event types."""

    rules: RuleStore
    clock: Clock | None = None
    settings: SettingStore | None = None
    connections: ConnectionStore | None = None
    templates: TemplateStore | None = None
    most_parts: int | None = None

    def __call__(self, rule: Rule) -> list[Finding]:
        """Return all findings, errors first."""
        neighbours = _Neighbours(self.rules, rule)
        others = neighbours.look_around()
        found_here = [
            *lint(rule, others),
            *self._past(rule),
            *self._limits(rule),
            *self._days_off(rule),
            *self._connections(rule),
            *self._templates(rule),
        ]
        found_here += self._too_many_parts(found_here)
        if neighbours.complete:
            return found_here
        return [*found_here, found(NOT_ALL_COMPARED, "", most=MAX_COMPARED)]

    def _past(self, rule: Rule) -> Iterator[Finding]:
        """Find a one-off schedule whose moment is over: it never comes."""
        timer = rule.trigger.timer
        if self.clock is not None and isinstance(timer, Schedule) and timer.at and timer.at <= self.clock.now():
            yield found(MOMENT_IS_PAST, "trigger.schedule.at", time=format_time(timer.at))

    def _limits(self, rule: Rule) -> Iterator[Finding]:
        """Find what the limits of sending, as they are now, make of the rule's messages."""
        if self.settings is None or not (rule.limits or rule.priority or any(step.messages for step in rule.steps)):
            return
        installation = read_limit_settings(self.settings.get(LIMITS))
        yield from message_limits(rule, installation, self.clock.now() if self.clock else None)

    def _connections(self, rule: Rule) -> Iterator[Finding]:
        """Find connections that there are not."""
        if self.connections is None:
            return
        known: dict[str, bool] = {}
        for position, step in enumerate(step for step in rule.steps if step.id != MOVING_STEP):
            for name in connections_of([step]):
                if name not in known:
                    known[name] = _exists(self.connections, name)
                if not known[name]:
                    yield found(UNKNOWN_CONNECTION, f"steps[{position}].with.connection", connection=name)

    def _days_off(self, rule: Rule) -> Iterator[Finding]:
        """Find waits that end on days of the week on which the installation never works."""
        waits = [step.wait for step in rule.steps if step.wait is not None]
        if self.settings is not None and any(wait.by_business and wait.weekdays for wait in waits):
            yield from days_off(rule, ReadCalendar(self.settings)().week)

    def _templates(self, rule: Rule) -> Iterator[Finding]:
        """Find stored templates that are not there, or lack what the rule's messages need."""
        if self.templates is not None:
            yield from stored_templates(rule, known_of(rule.trigger.event_types), self._template)

    def _too_many_parts(self, findings: Sequence[Finding]) -> list[Finding]:
        """Return a finding for each fixed text that alone has more parts than the stack sends: its step will fail."""
        too_many = []
        for each in findings:
            said = _several_parts(each.reason)
            parts = said.params["parts"] if said else None
            if said and isinstance(parts, int) and self.most_parts is not None and parts > self.most_parts:
                reason = TOO_MANY_PARTS(parts=parts, most=self.most_parts, encoding=said.params["encoding"])
                too_many.append(replace(each, reason=reason))
        return too_many

    def _template(self, template_id: str) -> MessageTemplate | None:
        if self.templates is None:
            return None
        try:
            return parse_message_template(self.templates.get(template_id).document)
        except (NotFound, Invalid):  # saved under an older form, it cannot be sent either
            return None


def _several_parts(reason: Reason) -> Reason | None:
    """Return the reason that a text has several parts, also where it stands within that of a stored template."""
    inner = reason.params.get("problem", reason)
    return inner if isinstance(inner, Reason) and inner.code == SEVERAL_PARTS.code else None


def _exists(connections: ConnectionStore, name: str) -> bool:
    try:
        connections.get(name)
    except NotFound:
        return False
    return True


def refuse(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the warnings. Raises LintFailed with all findings if there are errors among them."""
    errors = tuple(finding for finding in findings if finding.severity is Severity.ERROR)
    warnings = tuple(finding for finding in findings if finding.severity is not Severity.ERROR)
    if errors:
        raise LintFailed([_problem(finding) for finding in errors], [_problem(finding) for finding in warnings])
    return warnings


def _problem(finding: Finding) -> Problem:
    return Problem(finding.field, finding.reason)


class _Neighbours(Struct):
    """Collect the rules beside one, from it on along what starts what."""

    store: RuleStore
    rule: Rule
    types: set[str] = field(default_factory=set)
    others: dict[str, Rule] = field(default_factory=dict)
    complete: bool = True

    def look_around(self) -> list[Rule]:
        """Return the rules on its own events, and on the events that it and the rules it starts make."""
        self._read(self.rule.trigger.event_types)
        links: list[Rule] = [self.rule]
        followed = {self.rule.id}
        for _ in range(MAX_LINKS):
            self._read(event_type for link in links for event_type in made_by(link))
            links = [other for other in self.others.values() if _follows(links, other) and other.id not in followed]
            followed |= {link.id for link in links}
            if not links:
                break
        return list(self.others.values())

    def _read(self, event_types: Iterator[str] | Sequence[str]) -> None:
        for event_type in sorted(set(event_types) - self.types):
            self.types.add(event_type)
            room = MAX_COMPARED - len(self.others)
            stored = self.store.watching(event_type, limit=room + 1)
            self.complete &= len([each for each in stored if each.id != self.rule.id]) <= room
            for document in (each.document for each in stored[:room]):
                with suppress(Invalid):  # it was saved under an older language: it is not what is asked about
                    self._take(document)

    def _take(self, document: Mapping[str, Any]) -> None:
        other = parse_rule(document)
        if other.id != self.rule.id:
            self.others[other.id] = other


def _follows(links: Sequence[Rule], other: Rule) -> bool:
    return any(starts(link, other) for link in links)
