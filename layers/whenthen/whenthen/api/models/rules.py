"""Shape rules: as they were written, saved, linted and started."""

from __future__ import annotations

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
