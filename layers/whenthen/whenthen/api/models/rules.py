"""Shape rules: as they were written, saved, linted and started."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import ConfigDict, Field

from whenthen.api.models.base import EXTENDS, Described, Model, Sparse, Time
from whenthen.api.models.shared import ReasonText
from whenthen.api.rendering.renderer import Renderer
from whenthen.api.rendering.rule_sentence import sentence_of
from whenthen.domain.common.errors import Problem
from whenthen.domain.events.event import format_time
from whenthen.domain.lint import findings
from whenthen.ports.values import Page, StoredRule
from whenthen.usecases.admin import runs_of_rules

RuleBody = Annotated[dict[str, Any], Body(description="A rule."), Described("Rule")]


class Finding(ReasonText):
    """A finding of lint in a rule."""

    severity: Literal["error", "warning"] = Field(description="An error refuses the rule, a warning informs.")
    field: str = Field(description="A path such as `steps[1].wait.at`.", examples=["steps[1].wait.at"])
    rules: list[str] = Field(description="The ids of the other rules involved.")

    @classmethod
    def of_finding(cls, renderer: Renderer, finding: findings.Finding) -> Finding:
        """Render a finding."""
        said = ReasonText.of(renderer, finding.reason)
        return cls(
            severity=finding.severity.value,
            field=finding.field,
            code=said.code,
            params=said.params,
            text=said.text,
            rules=list(finding.rules),
        )

    @classmethod
    def of_problem(cls, renderer: Renderer, problem: Problem) -> Finding:
        """Render what keeps a document from being read as a rule."""
        return cls.of_finding(renderer, findings.Finding(findings.Severity.ERROR, problem.field, problem.reason))


class SavedRule(Model):
    """A rule as it was written, and what the store knows of it."""

    model_config = ConfigDict(extra="allow", json_schema_extra={EXTENDS: "Rule"})
    id: str = Field(examples=["rule_9f2b"])
    version: int = Field(description="Counts the saves; it is the ETag.")
    updated_at: Time
    updated_by: str = Field(description="The id of the API key that saved it.")
    sentence: str = Field(description="What the rule does, in the caller's language; empty if it cannot be said.")

    @classmethod
    def of(cls, renderer: Renderer, rule: StoredRule) -> SavedRule:
        """Show a rule."""
        return cls.model_validate(_known(renderer, rule))


class SavedRuleWithWarnings(SavedRule):
    """A rule that was saved just now, and what lint warns of."""

    warnings: list[Finding]

    @classmethod
    def of(cls, renderer: Renderer, rule: StoredRule) -> SavedRuleWithWarnings:
        """Show a rule that was saved just now."""
        warnings = [Finding.of_finding(renderer, each) for each in rule.warnings]
        return cls.model_validate({**_known(renderer, rule), "warnings": warnings})


def _known(renderer: Renderer, rule: StoredRule) -> dict[str, Any]:
    known = {"updated_at": format_time(rule.updated_at), "updated_by": rule.updated_by}
    return {**rule.document, **known, "sentence": sentence_of(renderer, rule)}


class RunsUnderWay(Model):
    """What becomes of the rule's runs under way."""

    do: str = Field(description="finish, keep, stop, pause, move or resume.", examples=["stop"])
    concerned: int | None = Field(
        description="How many there were; null if nothing becomes of them, or they were too many to count at once."
    )
    work: str | None = Field(
        description="The id of the work that changes them, see `GET /v1/work/{id}`; null if there is none to do."
    )

    @classmethod
    def of(cls, under_way: runs_of_rules.RunsUnderWay) -> RunsUnderWay:
        """Show what becomes of runs."""
        return cls(do=under_way.do, concerned=under_way.concerned, work=under_way.work)


class ChangedRule(SavedRuleWithWarnings):
    """A rule that was saved in place of a version, what lint warns of, and what becomes of its runs."""

    runs: RunsUnderWay

    @classmethod
    def of_change(cls, renderer: Renderer, rule: StoredRule, under_way: runs_of_rules.RunsUnderWay) -> ChangedRule:
        """Show a rule that was changed just now."""
        warnings = [Finding.of_finding(renderer, each) for each in rule.warnings]
        shown = {**_known(renderer, rule), "warnings": warnings, "runs": RunsUnderWay.of(under_way)}
        return cls.model_validate(shown)


class DeletedRule(Model):
    """What becomes of the runs of a rule that was deleted."""

    runs: RunsUnderWay


class RulePage(Model):
    """Some of the rules."""

    items: list[SavedRule]
    cursor: str | None = Field(description="Where the next page begins; null on the last.")

    @classmethod
    def of(cls, renderer: Renderer, page: Page[StoredRule]) -> RulePage:
        """Show a page of rules."""
        return cls(items=[SavedRule.of(renderer, rule) for rule in page.items], cursor=page.cursor)


class RuleVersions(Model):
    """Every version of a rule, the newest first."""

    items: list[SavedRule]


class LintReport(Model):
    """Everything found in a rule, errors first, and the rule in plain words."""

    savable: bool = Field(description="Whether a save would take it.")
    findings: list[Finding]
    sentence: str | None = Field(description="Null for a document that cannot be read as a rule.")


class ModeChange(Model):
    """The mode that a rule is to have."""

    model_config = ConfigDict(extra="forbid")
    mode: str = Field(description="off, shadow or on", examples=["on"])
    runs: str = Field(
        default="",
        description="What becomes of its runs under way. Off: stop (the default), pause or finish. On: keep (the"
        " default), or resume those that are paused.",
        examples=["stop"],
    )
    existing: Literal["enrol", "skip"] = Field(
        default="skip", description="Whether records that fit the rule already enter it now."
    )


class SwitchedRule(ChangedRule):
    """A rule that was switched just now, and the enrolment of who fits it already."""

    enrolment: str | None = Field(description="The id of the enrolment under way; null if there is none.")

    @classmethod
    def of_switch(
        cls, renderer: Renderer, rule: StoredRule, under_way: runs_of_rules.RunsUnderWay, enrolment: str | None
    ) -> SwitchedRule:
        """Show a rule that was switched just now."""
        shown = ChangedRule.of_change(renderer, rule, under_way)
        return cls.model_validate({**shown.model_dump(), "enrolment": enrolment})


class RuleOrder(Model):
    """Rules in the order in which their runs follow one another."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"rules": ["rule_9f2b", "rule_71ac"]}]})
    rules: list[str] = Field(description="Ids of rules; the first gets the order 1, the second 2, and so on.")


RuleOrderBody = Annotated[dict[str, Any], Body(description="The order of rules."), Described(RuleOrder)]


class OrderedRule(Model):
    """A rule with its place."""

    id: str = Field(examples=["rule_9f2b"])
    name: str
    version: int
    order: int


class OrderedRules(Model):
    """The rules that were put in order, as they are now."""

    items: list[OrderedRule]

    @classmethod
    def of(cls, rules: Sequence[StoredRule]) -> OrderedRules:
        """Show the rules with their places."""
        names = ("id", "name", "version", "order")
        return cls(items=[OrderedRule(**{name: rule.document[name] for name in names}) for rule in rules])


class RuleStart(Sparse):
    """The records for which a rule is started: one, all of a view, or all of a kind; none if all are left out."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"record": "lead:42"}]})
    record: str = Field(default_factory=str, examples=["lead:42"])
    view: str = Field(default_factory=str, description="The id of a saved view.")
    kind: str = Field(default_factory=str, description="All records of this kind.", examples=["lead"])
    filter: Annotated[dict[str, Any], Described("Filter")] = Field(
        default_factory=dict, description="Those of the kind that fit it."
    )
    per_person: bool = Field(
        default_factory=bool,
        description="Whether records with a common phone number or e-mail address enter once; "
        "by default where the rule sends messages to people.",
    )


RuleStartBody = Annotated[dict[str, Any], Body(description="Whom it is started for."), Described(RuleStart)]


class StartedRule(Sparse):
    """The start of a rule: the event of one record, or the enrolment of all of a view."""

    event: str = Field(default_factory=str, description="The id of the event.")
    enrolment: str = Field(default_factory=str, description="The id of the enrolment.")
