"""manage_rules: create, change, switch and delete rules for admins. Every save makes a version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common import ids
from whenthen.domain.common.errors import Conflict, Invalid, NotFound, Stale, Temporary
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.common.values import folded
from whenthen.domain.events.event import format_time
from whenthen.domain.lint.lint import lint
from whenthen.domain.rules.rule import Mode, Rule, parse_rule
from whenthen.domain.temporal.calendar_settings import (
    SUBJECT,
    read_calendar_settings,
    with_defaults,
    without_defaults,
)
from whenthen.domain.views import view as views
from whenthen.domain.views.view import parse_view
from whenthen.ports.reason_codes import CONTENDED, OTHER_VERSION
from whenthen.ports.values import Page, StoredRule, StoredView
from whenthen.usecases.admin.check_rule import checked
from whenthen.usecases.admin.lint_rule import refuse
from whenthen.usecases.context.idempotency import KEY_REUSED

if TYPE_CHECKING:
    from whenthen.domain.lint.findings import Finding
    from whenthen.ports.administration import SettingStore
    from whenthen.ports.clock import Clock
    from whenthen.ports.rules import RuleStore, ViewStore

OWN_FIELDS = (
    "id", "version", "activated_at", "existing_enrolment", "updated_at", "updated_by", "sentence", "warnings", "runs"
)  # fmt: skip
"""Fields that the API adds to a rule's document; it ignores them in requests, so an answer can be sent back."""

_ENROLMENT = "existing_enrolment"
_ATTEMPTS = 4

# The rule that this Idempotency-Key made was deleted since.
RULE_DELETED = ReasonCode("idempotency_key.rule_deleted")
# With the new filter the rule, which names the view, would not be valid.
BREAKS_RULE = ReasonCode("view.breaks_rule", "rule", "reason")


class Filter(Struct, frozen=True):
    """Select the rules that a list shows; an empty field shows all."""

    kind: str = ""
    mode: str = ""
    text: str = ""
    event: str = ""

    def takes(self, rule: StoredRule) -> bool:
        """Tell whether the list shows this rule."""
        document = rule.document
        name = folded(str(document.get("name", "")))
        events = document.get("trigger", {}).get("event") or []
        return (
            (not self.kind or document.get("kind") == self.kind)
            and (not self.mode or document.get("mode", Mode.OFF) == self.mode)
            and (not self.text or folded(self.text) in name)
            and (not self.event or self.event in ([events] if isinstance(events, str) else events))
        )


class Lint(Protocol):
    """Find mistakes in a rule."""

    def __call__(self, rule: Rule) -> Sequence[Finding]:
        """Return errors and warnings."""


class ManageRules(Struct, frozen=True):
    """Manage the rules for admins."""

    rules: RuleStore
    views: ViewStore
    clock: Clock
    lint: Lint = lint
    settings: SettingStore | None = None

    def create(self, written: Mapping[str, Any], *, seed: str, by: str) -> StoredRule:
        """Create a rule. `seed` (an Idempotency-Key, or a random one) makes its id: a repetition finds the first.

        Raises Invalid naming each field; Conflict if the seed was used for another rule.
        """
        rule_id = ids.rule_id(seed)
        made = self._made_before(rule_id, written)
        if made is not None:
            return made
        new, parsed = self._prepare(written, rule_id, None, by)
        new = self._linted(new, parsed)
        try:
            self.rules.save(new, parsed, None)
        except Stale:
            made = self._made_before(rule_id, written)
            if made is None:
                raise
            return made
        return new

    def _made_before(self, rule_id: str, written: Mapping[str, Any]) -> StoredRule | None:
        """Return the current version of the rule that this seed made of the same document. Raises Conflict.

        None if the seed made no rule. A deleted rule leaves its versions to its runs: its seed must not make another
        version 1.
        """
        try:
            first = self.rules.get_version(rule_id, 1)
        except NotFound:
            return None
        saved = without_defaults(_as_written(first.document), written)
        if views.without_filters(saved) != views.without_filters(without_defaults(_as_written(written), written)):
            raise Conflict(KEY_REUSED())
        try:
            return self.rules.get(rule_id)
        except NotFound:
            raise Conflict(RULE_DELETED()) from None

    def draft(self, written: Mapping[str, Any]) -> Rule:
        """Parse a rule without saving it: a new rule, or the next version of the one that its `id` names.

        Raises Invalid.
        """
        external_id = written.get("id")
        named = {"id": external_id if isinstance(external_id, str) and external_id else "draft", "version": 1}
        return checked({**self._completed(_as_written(written)), **named})

    def get(self, rule_id: str) -> StoredRule:
        """Return the current version. Raises NotFound."""
        return self.rules.get(rule_id)

    def list(self, wanted: Filter, *, limit: int, cursor: str | None) -> Page[StoredRule]:
        """List the rules that are wanted, by id."""
        return self.rules.list(limit=limit, cursor=cursor, takes=wanted.takes)

    def replace(self, rule_id: str, written: Mapping[str, Any], *, version: int | None, by: str) -> StoredRule:
        """Save a new version of the rule. Raises NotFound, Invalid; Stale if it is not at `version`."""
        return self._replace(rule_id, written, version=version, by=by, linted=True)

    def _replace(
        self,
        rule_id: str,
        written: Mapping[str, Any],
        *,
        version: int | None,
        by: str,
        linted: bool,
        enrolling: Mapping[str, str] = {},
    ) -> StoredRule:
        current = self._current(rule_id, version)
        new, parsed = self._prepare(written, rule_id, current, by, enrolling)
        if linted:
            new = self._linted(new, parsed)
        return self._save((new, parsed), current)

    def _save(self, prepared: tuple[StoredRule, Rule], current: StoredRule) -> StoredRule:
        """Save the new version and return it; the current one if nothing changed."""
        new, parsed = prepared
        enrolments = [each.document.get(_ENROLMENT) for each in (new, current)]
        if _as_written(new.document) == _as_written(current.document) and len({*enrolments}) == 1:
            return replace(current, warnings=new.warnings)
        self.rules.save(new, parsed, current)
        return new

    def _linted(self, new: StoredRule, parsed: Rule) -> StoredRule:
        """Add lint's warnings to the rule. Raises LintFailed if lint finds errors."""
        return replace(new, warnings=refuse(self.lint(parsed)))

    def set_mode(
        self, rule_id: str, mode: str, *, version: int | None, by: str, enrolment: str | None = None
    ) -> StoredRule:
        """Switch the rule off, to shadow, or on. A rule can be switched off despite lint's errors.

        `enrolment`: the id of that of the records which fit already, if it is about to begin; None: as it was. Raises
        NotFound, Invalid; Stale if it is not at `version`.
        """
        current = self._current(rule_id, version)
        changed = {**current.document, "mode": mode}
        if mode != Mode.OFF:
            enrolling = {} if enrolment is None else {_ENROLMENT: enrolment}
            return self._replace(rule_id, changed, version=current.version, by=by, linted=True, enrolling=enrolling)
        # Saved with the views as the rule has them: a view that changed since must not keep the rule on.
        return self._save(self._prepared(_as_written(changed), rule_id, current, by), current)

    def set_order(self, rule_id: str, order: int, *, by: str) -> StoredRule:
        """Give the rule its place among those that an event starts. Lint is not asked. Raises NotFound, Temporary."""
        for _ in range(_ATTEMPTS):
            current = self.rules.get(rule_id)
            changed = _as_written({**current.document, "order": order})
            try:
                # As in `set_mode`: with the views as the rule has them.
                return self._save(self._prepared(changed, rule_id, current, by), current)
            except Stale:
                continue
        raise Temporary(CONTENDED(subject=rule_id), retry_after=1)

    def renew(self, rule_id: str, *, by: str) -> StoredRule:
        """Save the rule again with the current versions of the views that it names. Raises NotFound.

        Lint's errors are ignored: else one rule could keep a view, and the other rules that name it, from changing.
        """
        for _ in range(_ATTEMPTS):
            try:
                return self._replace(rule_id, self.rules.get(rule_id).document, version=None, by=by, linted=False)
            except Stale:
                continue
        raise Temporary(CONTENDED(subject=rule_id), retry_after=1)

    def check_renewal(self, rule_id: str, view: StoredView) -> None:
        """Check that the rule is valid with `view` as given. Raises Invalid of the view's `filter`, NotFound."""
        written = _as_written(self.rules.get(rule_id).document)
        try:
            checked({**self._with_views(written, view), "id": rule_id, "version": 1})
        except Invalid as error:
            raise Invalid.field("filter", BREAKS_RULE(rule=rule_id, reason=error.reason)) from error

    def current(self, rule_id: str, *, version: int | None) -> StoredRule:
        """Return the current version. Raises NotFound; Stale if it is not at `version`."""
        return self._current(rule_id, version)

    def delete(self, rule_id: str, *, version: int | None) -> None:
        """Delete the rule; its versions stay for the runs that they started. Raises NotFound, Stale."""
        current = self._current(rule_id, version)
        self.rules.delete(current, parse_rule(current.document))

    def versions(self, rule_id: str) -> tuple[StoredRule, ...]:
        """Return every version, newest first. Raises NotFound."""
        current = self.rules.get(rule_id)
        older = range(current.version - 1, 0, -1)
        return (current, *(self.rules.get_version(rule_id, number) for number in older))

    def _current(self, rule_id: str, version: int | None) -> StoredRule:
        current = self.rules.get(rule_id)
        if version is not None and version != current.version:
            raise Stale(OTHER_VERSION(subject=rule_id, current=current.version, wanted=version))
        return current

    def _prepare(
        self,
        written: Mapping[str, Any],
        rule_id: str,
        current: StoredRule | None,
        by: str,
        enrolling: Mapping[str, str] = {},
    ) -> tuple[StoredRule, Rule]:
        return self._prepared(self._completed(_as_written(written)), rule_id, current, by, enrolling)

    def _prepared(
        self,
        written: Mapping[str, Any],
        rule_id: str,
        current: StoredRule | None,
        by: str,
        enrolling: Mapping[str, str] = {},
    ) -> tuple[StoredRule, Rule]:
        now = self.clock.now()
        version = current.version + 1 if current else 1
        document = {**written, "id": rule_id, "version": version}
        active = document.get("mode", Mode.OFF) != Mode.OFF
        before = current.document if current else {}
        if active:
            document["activated_at"] = before.get("activated_at") or format_time(now)
            document |= {_ENROLMENT: before[_ENROLMENT]} if _ENROLMENT in before else {}
            document |= enrolling
        parsed = checked(document)
        return StoredRule(rule_id, version, document, now, by), parsed

    def _completed(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Put the saved views and the installation's defaults into a document. Raises Invalid."""
        calendar = self.settings.get(SUBJECT) if self.settings else {}
        return self._with_views(with_defaults(document, read_calendar_settings(calendar)))

    def _with_views(self, document: Mapping[str, Any], changed: StoredView | None = None) -> dict[str, Any]:
        """Put the filters of the saved views that the document names into it, `changed` in place of the saved one.

        Raises Invalid if there is no such view.
        """
        found = {}
        for view_id in views.named_views(document):
            with suppress(NotFound):
                found[view_id] = (changed if changed and changed.id == view_id else self.views.get(view_id)).document
        parsed = {view_id: parse_view(stored) for view_id, stored in found.items()}
        return views.embed(document, parsed, {view_id: stored.get("filter") for view_id, stored in found.items()})


def _as_written(document: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what the API adds. What becomes of runs is a parameter of the call: as a choice, it is no field."""
    is_choice = isinstance(document.get("runs"), str)
    return {name: value for name, value in document.items() if name not in OWN_FIELDS or (name == "runs" and is_choice)}
