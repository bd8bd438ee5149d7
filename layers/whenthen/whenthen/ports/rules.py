"""The rules as the matcher sees them and as admins manage them, and the saved views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import builtins
    from collections.abc import Sequence

    from whenthen.domain.matching.rule_set import RuleSet
    from whenthen.domain.rules.rule import Rule
    from whenthen.ports.values import Page, StoredRule, StoredView


class RuleBook(Protocol):
    """The rules as the matcher sees them: switched on or in shadow, cached, refreshed by a version stamp."""

    def rules_of(self, event_type: str) -> RuleSet:
        """The compiled rules that watch this type of event."""

    def current(self, rule_id: str, event_type: str) -> Rule:
        """The rule of this id among `rules_of(event_type)`. Raises NotFound."""

    def considered(self, event_type: str) -> list[Rule]:
        """Every rule that watches this type of event."""

    def switched_off(self, event_type: str, *, limit: int) -> list[Rule]:
        """So many of the rules that would watch this type of event if they were not switched off, by id."""

    def one_switched_off(self, rule_id: str, event_type: str) -> Rule | None:
        """The rule of this id, if it would watch this type of event and is switched off."""

    def kinds_of(self, event_type: str) -> frozenset[str]:
        """The kinds of record that `rules_of(event_type)` say they are about."""

    def exit_types(self) -> frozenset[str]:
        """Every event type that may stop a run."""

    def version(self, rule_id: str, version: int) -> Rule:
        """One version of a rule. Raises NotFound."""


class RuleStore(Protocol):
    """The rules and all their versions, as admins manage them."""

    def get(self, rule_id: str) -> StoredRule:
        """The current version. Raises NotFound."""

    def get_version(self, rule_id: str, version: int) -> StoredRule:
        """One version. Raises NotFound."""

    def list(self, *, limit: int, cursor: str | None) -> Page[StoredRule]:
        """The current versions, by id."""

    def save(self, rule: StoredRule, parsed: Rule, replaces: StoredRule | None) -> None:
        """Make `rule` the current version, at once for the matcher too. Raises Stale unless `replaces` is current."""

    def delete(self, rule: StoredRule, parsed: Rule) -> None:
        """Take the rule out; its versions stay for the runs that they started. Raises Stale."""

    def watching(self, event_type: str, *, limit: int) -> Sequence[StoredRule]:
        """Rules that are switched on or in shadow and watch the type: the current versions of so many, by id."""

    def naming_view(self, view_id: str) -> builtins.list[str]:
        """The ids of the rules whose current version names this saved view."""


class ViewStore(Protocol):
    """The saved views."""

    def get(self, view_id: str) -> StoredView:
        """The view. Raises NotFound."""

    def list(self, *, limit: int, cursor: str | None) -> Page[StoredView]:
        """All views, by id."""

    def save(self, view: StoredView, replaces: StoredView | None) -> None:
        """Keep the view. Raises Stale unless `replaces` is the one that is there."""

    def delete(self, view: StoredView) -> None:
        """Take the view out. Raises Stale."""
