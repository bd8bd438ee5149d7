"""Say everything that the API tells of rules, runs and findings in one language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from whenthen.api.rendering.conditions import render_condition, render_result
from whenthen.api.rendering.phrasebook import Phrasebook
from whenthen.api.rendering.rules import render_rule
from whenthen.api.rendering.sentences import JOINS
from whenthen.api.rendering.steps import render_step
from whenthen.api.rendering.triggers import render_trigger
from whenthen.api.rendering.vocabulary import EXPLAINED, STATUSES

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.conditions.condition import Condition
    from whenthen.domain.conditions.predicate import Predicate
    from whenthen.domain.rules.rule import Rule, Step


class Renderer(Phrasebook):
    """Render in one language. Raises KeyError for a language that is not among LANGUAGES."""

    def rule(self, rule: Rule) -> str:
        """Say what a rule does, when, for which records and under which conditions."""
        return render_rule(self, rule)

    def trigger(self, rule: Rule) -> str:
        """Say when a rule is considered."""
        return render_trigger(self, rule)

    def step(self, step: Step, zone: str) -> str:
        """Say what a step does, and when. `zone`: the rule's."""
        return render_step(self, step, zone)

    def condition(self, condition: Condition, zone: str | None = None) -> str:
        """Say what a condition demands. `zone`: the rule's."""
        return render_condition(self, condition, zone)

    def result(self, predicate: Predicate, shown: Mapping[str, Any], nots: int = 0, zone: str = "") -> str:
        """Say what a predicate demands, and what there was. See `render_result`."""
        return render_result(self, predicate, shown, nots, zone)

    def outcome(self, status: str, reason: Reason | None = None, details: Sequence[str] = ()) -> str:
        """Say how a job or a run stands, and why. `details`: of the reason, rendered already."""
        word = self.phrase(STATUSES, status)
        if reason is None:
            return self.phrase(JOINS, "sentence", text=word)
        return self.phrase(JOINS, "because", status=word, reason=self.detailed(self.text(reason), details))

    def explained(self, code: str, why: Sequence[str] = (), params: Mapping[str, str] = {}) -> str:
        """Say what became of a rule when its event came, and why, in texts that are rendered already."""
        isolated = {name: self.isolated(value) for name, value in params.items()}
        word = self.phrase(EXPLAINED, code, count=None, **isolated)
        joined = self.phrase(JOINS, "semicolon").join(why)
        text = self.phrase(JOINS, "because", status=word, reason=joined) if why else word
        return self.phrase(JOINS, "sentence", text=text)
