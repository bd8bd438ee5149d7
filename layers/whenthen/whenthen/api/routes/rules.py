"""/v1/rules: create, read, list, replace, switch and delete rules; every save makes a version."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from whenthen.api.languages import Lang, renderer_of
from whenthen.api.models.rules import (
    ChangedRule,
    DeletedRule,
    Finding,
    LintReport,
    ModeChange,
    OrderedRules,
    RuleBody,
    RuleOrderBody,
    RulePage,
    RuleStartBody,
    RuleVersions,
    RunsUnderWay,
    SavedRule,
    SavedRuleWithWarnings,
    StartedRule,
    SwitchedRule,
)
from whenthen.api.rendering.renderer import Renderer
from whenthen.api.rendering.rule_sentence import sentence_of
from whenthen.api.requests import Cursor, Id, IdempotencyKey, IfMatch, Limit, Text, caller, seed, wanted_version
from whenthen.api.responses import GONE, JSON, answers, reply
from whenthen.domain.common.errors import Invalid
from whenthen.domain.lint.findings import Severity
from whenthen.domain.rules.rule import Rule, parse_rule
from whenthen.runtime.wiring import wired
from whenthen.usecases.admin.manage_rules import Filter
from whenthen.usecases.control.runs_of_rules import DELETED, OF_MODE, REPLACED, SWITCHED_ON

router = Router()

SAVED = answers("The rule, and what lint warns of.", "ETag")
LINTED = answers("Everything found, errors first, and the rule in plain words.")


def _linted(renderer: Renderer, rule: Rule) -> LintReport:
    findings = wired().lint_rule(rule)
    return LintReport(
        savable=all(finding.severity is not Severity.ERROR for finding in findings),
        findings=[Finding.of_finding(renderer, finding) for finding in findings],
        sentence=sentence_of(renderer, rule),
    )


@router.post(
    "/rules",
    summary="Create a rule",
    tags=["rules"],
    responses=answers("The rule was created.", "ETag", "Location", status=201),
)
def create(body: RuleBody, lang: Lang = "", idempotency_key: IdempotencyKey = None) -> Response[SavedRuleWithWarnings]:
    """Refused where lint finds errors. The same `Idempotency-Key` gives the same rule; 409 if that was another one."""
    by = caller(router, "rules:write")
    renderer = renderer_of(router, lang)
    rule = wired().manage_rules.create(body, seed=f"{by}#{seed(idempotency_key)}", by=by)
    saved = SavedRuleWithWarnings.of(renderer, rule)
    return reply(saved, 201, version=rule.version, location=f"/v1/rules/{rule.id}")


@router.get("/rules", summary="List rules", tags=["rules"], responses=answers("Some of the rules."))
def list_rules(
    kind: Text = "",
    mode: Text = "",
    text: Text = "",
    event: Text = "",
    limit: Limit = 50,
    cursor: Cursor = None,
    lang: Lang = "",
) -> Response[RulePage]:
    """By kind, mode, a part of the name, or the event type. A page may be short while there is a cursor."""
    caller(router, "rules:read")
    renderer = renderer_of(router, lang)
    page = wired().manage_rules.list(Filter(kind, mode, text, event), limit=limit, cursor=cursor)
    return reply(RulePage.of(renderer, page))


@router.post("/rules/lint", summary="Try a rule without saving it", tags=["rules"], responses=LINTED)
def try_out(body: RuleBody, lang: Lang = "") -> Response[LintReport]:
    """Everything that a save would refuse or warn of, and the rule in plain words. With the `id` of a rule: as its next
    version."""
    caller(router, "rules:read")
    renderer = renderer_of(router, lang)
    try:
        rule = wired().manage_rules.draft(body)
    except Invalid as error:
        findings = [Finding.of_problem(renderer, problem) for problem in error.problems]
        return reply(LintReport(savable=False, findings=findings, sentence=None))
    return reply(_linted(renderer, rule))


@router.get("/rules/<rule_id>", summary="Read a rule", tags=["rules"], responses=answers("The rule.", "ETag"))
def read(rule_id: Id, lang: Lang = "") -> Response[SavedRule]:
    """The current version, with what it does in plain words; its number is the ETag."""
    caller(router, "rules:read")
    renderer = renderer_of(router, lang)
    rule = wired().manage_rules.get(rule_id)
    return reply(SavedRule.of(renderer, rule), version=rule.version)


@router.get("/rules/<rule_id>/lint", summary="What is wrong with a rule", tags=["rules"], responses=LINTED)
def look_over(rule_id: Id, lang: Lang = "") -> Response[LintReport]:
    """The current version, beside the rules that are switched on by now."""
    caller(router, "rules:read")
    renderer = renderer_of(router, lang)
    return reply(_linted(renderer, parse_rule(wired().manage_rules.get(rule_id).document)))


@router.put(
    "/rules/order",
    summary="Put rules in order",
    tags=["rules"],
    responses=answers("The rules with their places."),
)
def put_in_order(body: RuleOrderBody) -> Response[OrderedRules]:
    """Their runs that one event starts for one record follow one another: each begins when the one before is over.

    Rules that are not named keep the place that they have.
    """
    by = caller(router, "rules:write")
    return reply(OrderedRules.of(wired().order_rules(body, by=by)))


@router.put("/rules/<rule_id>", summary="Replace a rule", tags=["rules"], responses=SAVED)
def replace(
    rule_id: Id, body: RuleBody, runs: Text = "", lang: Lang = "", if_match: IfMatch = None
) -> Response[ChangedRule]:
    """Makes a new version; refused where lint finds errors.

    `runs` says what becomes of those under way: `keep` (the default: they keep their version), `move` (they go on under
    the new one at their next step, by the ids of the steps) or `stop`.
    """
    by = caller(router, "rules:write")
    renderer = renderer_of(router, lang)
    do = REPLACED.read(runs)
    rule = wired().manage_rules.replace(rule_id, body, version=wanted_version(if_match), by=by)
    under_way = wired().runs_of_rules(REPLACED, do, rule_id, seed=seed(None), by=by, version=rule.version)
    wired().resume_failing(rule_id, seed=seed(None), by=by)
    return reply(ChangedRule.of_change(renderer, rule, under_way), version=rule.version)


@router.put("/rules/<rule_id>/mode", summary="Switch a rule off, to shadow, or on", tags=["rules"], responses=SAVED)
def set_mode(
    rule_id: Id,
    body: ModeChange,
    lang: Lang = "",
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response[SwitchedRule]:
    """In shadow a rule is evaluated and its runs are recorded, without any effect.

    A rule that is switched off stops its runs under way, unless `runs` says that they pause or finish.
    With `existing`: `enrol`, records enter that fit the rule already, as an enrolment; that takes `runs:write` as well.
    The same `Idempotency-Key` enrols them once; 409 if it came with another rule or mode before.
    """
    by = caller(router, "rules:write")
    enrols = body.existing == "enrol"
    if enrols:
        caller(router, "runs:write")
    renderer = renderer_of(router, lang)
    occasion = OF_MODE.get(body.mode, SWITCHED_ON)
    do, version = occasion.read(body.runs), wanted_version(if_match)
    key = (idempotency_key or "").strip()
    enrolling = wired().enrol_existing.prepare(rule_id, body.mode, key=key, by=by) if enrols else None
    new = enrolling.id if enrolling is not None and not enrolling.begun else None
    rule = wired().manage_rules.set_mode(rule_id, body.mode, version=version, by=by, enrolment=new)
    under_way = wired().runs_of_rules(occasion, do, rule_id, seed=seed(None), by=by)
    if rule.document.get("mode") == "on":
        wired().resume_failing(rule_id, seed=seed(None), by=by)
    enrolment = None if enrolling is None else wired().enrol_existing(rule, enrolling, by=by)
    return reply(SwitchedRule.of_switch(renderer, rule, under_way, enrolment), version=rule.version)


@router.delete(
    "/rules/<rule_id>",
    summary="Delete a rule",
    tags=["rules"],
    responses={**answers("It is gone, and its runs under way are concerned."), **GONE},
)
def delete(rule_id: Id, runs: Text = "", if_match: IfMatch = None) -> Response[DeletedRule | str]:
    """Its runs under way are stopped, unless `runs` says that they pause or finish: `stop`, `pause`, `finish`."""
    by = caller(router, "rules:write")
    do = DELETED.read(runs)
    version = wired().manage_rules.current(rule_id, version=wanted_version(if_match)).version
    # First the runs: of a rule that is gone, a repetition of the call would not find them.
    under_way = wired().runs_of_rules(DELETED, do, rule_id, seed=seed(None), by=by)
    wired().manage_rules.delete(rule_id, version=version)
    return Response(204, JSON, "") if under_way.concerned == 0 else reply(DeletedRule(runs=RunsUnderWay.of(under_way)))


@router.get(
    "/rules/<rule_id>/versions", summary="The history of a rule", tags=["rules"], responses=answers("Every version.")
)
def versions(rule_id: Id, lang: Lang = "") -> Response[RuleVersions]:
    """Newest first, each with who saved it and when."""
    caller(router, "rules:read")
    renderer = renderer_of(router, lang)
    items = [SavedRule.of(renderer, rule) for rule in wired().manage_rules.versions(rule_id)]
    return reply(RuleVersions(items=items))


@router.post(
    "/rules/<rule_id>/run",
    summary="Start a rule by hand",
    tags=["rules"],
    responses=answers("It begins: the `event` of one record, or the `enrolment` of all of a view.", status=202),
)
def run(rule_id: Id, body: RuleStartBody, idempotency_key: IdempotencyKey = None) -> Response[StartedRule]:
    """For a `record`, all of a `view`, or all of a `kind` that fit a `filter`.

    The same `Idempotency-Key` starts it once; 409 if it came with another rule or body before.
    """
    by = caller(router, "runs:write")
    key = (idempotency_key or "").strip()
    started = wired().start_rule(rule_id, body, seed=f"{by}#{seed(key)}", by=by, key=key)
    return reply(StartedRule.model_validate(started), 202)
