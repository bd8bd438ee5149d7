"""Read rules for the matcher, and store rules and views for admins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import builtins
    from collections.abc import Callable, Collection, Sequence

    from whenthen.domain.matching.rule_set import RuleSet
    from whenthen.domain.rules.rule import Rule
    from whenthen.ports.values import Page, StoredRule, StoredView


class RuleBook(Protocol):
    """Read the rules that are on or in shadow for the matcher; they are cached and refreshed by a generation."""

    def rules_of(self, event_type: str) -> RuleSet:
        """Return the compiled rules that watch this event type."""

    def current(self, rule_id: str, event_type: str) -> Rule:
        """Return the rule of this id among `rules_of(event_type)`. Raises NotFound."""

    def considered(self, event_type: str) -> list[Rule]:
        """List every rule that watches this event type."""

    def switched_off(self, event_type: str, *, limit: int) -> list[Rule]:
        """List at most `limit` rules, by id, that would watch this event type if they were not switched off."""

    def one_switched_off(self, rule_id: str, event_type: str) -> Rule | None:
        """Return the rule of this id, if it would watch this event type and is switched off; None otherwise."""

    def kinds_of(self, event_type: str) -> frozenset[str]:
        """Return the kinds of record that `rules_of(event_type)` are about."""

    def signals(self) -> frozenset[str]:
        """Return all signals that open runs may wait for (`domain.runs.subscriptions`)."""

    def listen(self, signals: Collection[str]) -> None:
        """Add signals, before a run that waits for them starts."""

    def version(self, rule_id: str, version: int) -> Rule:
        """Read one version of a rule. Raises NotFound."""

    def in_force(self, rule_id: str) -> Rule | None:
        """Read the current version of a rule; None if it is switched off, or is no more."""


class RuleStore(Protocol):
    """Store rules and all their versions for admins."""

    def get(self, rule_id: str) -> StoredRule:
        """Read the current version. Raises NotFound."""

    def get_version(self, rule_id: str, version: int) -> StoredRule:
        """Read one version. Raises NotFound."""

    def list(
        self, *, limit: int, cursor: str | None, takes: Callable[[StoredRule], bool] | None = None
    ) -> Page[StoredRule]:
        """List the current versions that `takes` selects, by id."""

    def save(self, rule: StoredRule, parsed: Rule, replaces: StoredRule | None) -> None:
        """Make `rule` the current version, for the matcher too. Raises Stale unless `replaces` is current."""

    def delete(self, rule: StoredRule, parsed: Rule) -> None:
        """Delete the rule; its versions stay for the runs that they started. Raises Stale."""

    def watching(self, event_type: str, *, limit: int) -> Sequence[StoredRule]:
        """List rules that watch the type and are on or in shadow: at most `limit` current versions, by id."""

    def naming_view(self, view_id: str) -> builtins.list[str]:
        """List the ids of the rules whose current version names this saved view."""

    def naming_template(self, template_id: str) -> builtins.list[str]:
        """List the ids of the rules whose current version names this stored template."""

    def once_naming_template(self, template_id: str) -> Mapping[str, int]:
        """Return the rules, deleted ones too, that no longer name this stored template: id → last version that did."""

    def naming_connection(self, name: str) -> builtins.list[str]:
        """List the ids of the rules whose current version names this connection."""


class ViewStore(Protocol):
    """Store saved views."""

    def get(self, view_id: str) -> StoredView:
        """Read the view. Raises NotFound."""

    def list(self, *, limit: int, cursor: str | None) -> Page[StoredView]:
        """List all views, by id."""

    def save(self, view: StoredView, replaces: StoredView | None) -> None:
        """Store the view. Raises Stale unless `replaces` is the stored one."""

    def delete(self, view: StoredView) -> None:
        """Delete the view. Raises Stale."""
