"""/v1/rules: create, read, list, replace, switch and delete rules; every save makes a version."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from whenthen.api.rendering.renderer import Renderer
from whenthen.api.replies import caller, nothing, reply, seed, wanted_version
from whenthen.api.shapes import Cursor, Document, Id, IdempotencyKey, IfMatch, Limit, ModeChange, Text, rule_document
from whenthen.api.speaking import Lang, finding_document, problem_document, renderer_of, sentence_of
from whenthen.domain.common.errors import Invalid
from whenthen.domain.lint.findings import Severity
from whenthen.domain.rules.rule import Rule, parse_rule
from whenthen.ports.values import StoredRule
from whenthen.runtime.wiring import wired
from whenthen.usecases.admin.manage_rules import Filter

router = Router()


def _told(renderer: Renderer, rule: StoredRule) -> dict[str, Any]:
    return {**rule_document(rule), "sentence": sentence_of(renderer, rule)}


def _saved(renderer: Renderer, rule: StoredRule) -> dict[str, Any]:
    return {**_told(renderer, rule), "warnings": [finding_document(renderer, each) for each in rule.warnings]}


def _linted(renderer: Renderer, rule: Rule) -> dict[str, Any]:
    findings = wired().lint_rule(rule)
    return {
        "savable": all(finding.severity is not Severity.ERROR for finding in findings),
        "findings": [finding_document(renderer, finding) for finding in findings],
        "sentence": sentence_of(renderer, rule),
    }


@router.post("/rules", summary="Create a rule", tags=["rules"])
def create(body: Document, lang: Lang = "", idempotency_key: IdempotencyKey = None) -> Response[str]:
    """Refused where lint finds errors. The same `Idempotency-Key` gives the same rule; 409 if that was another one."""
    by = caller(router, "rules:write")
    renderer = renderer_of(router, lang)
    rule = wired().manage_rules.create(body, seed=f"{by}#{seed(idempotency_key)}", by=by)
    return reply(_saved(renderer, rule), 201, version=rule.version, location=f"/v1/rules/{rule.id}")


@router.get("/rules", summary="List rules", tags=["rules"])
def list_rules(
    kind: Text = "",
    mode: Text = "",
    text: Text = "",
    event: Text = "",
    limit: Limit = 50,
    cursor: Cursor = None,
    lang: Lang = "",
) -> Response[str]:
    """By kind, mode, a part of the name, or the event type. A page may be short while there is a cursor."""
    caller(router, "rules:read")
    renderer = renderer_of(router, lang)
    page = wired().manage_rules.list(Filter(kind, mode, text, event), limit=limit, cursor=cursor)
    return reply({"items": [_told(renderer, rule) for rule in page.items], "cursor": page.cursor})


@router.post("/rules/lint", summary="Try a rule without saving it", tags=["rules"])
def try_out(body: Document, lang: Lang = "") -> Response[str]:
    """Everything that a save would refuse or warn of, and the rule in plain words. With the `id` of a rule: as its next
    version."""
    caller(router, "rules:read")
    renderer = renderer_of(router, lang)
    try:
        rule = wired().manage_rules.draft(body)
    except Invalid as error:
        findings = [problem_document(renderer, problem) for problem in error.problems]
        return reply({"savable": False, "findings": findings, "sentence": None})
    return reply(_linted(renderer, rule))


@router.get("/rules/<rule_id>", summary="Read a rule", tags=["rules"])
def read(rule_id: Id, lang: Lang = "") -> Response[str]:
    """The current version, with what it does in plain words; its number is the ETag."""
    caller(router, "rules:read")
    renderer = renderer_of(router, lang)
    rule = wired().manage_rules.get(rule_id)
    return reply(_told(renderer, rule), version=rule.version)


@router.get("/rules/<rule_id>/lint", summary="What is wrong with a rule", tags=["rules"])
def look_over(rule_id: Id, lang: Lang = "") -> Response[str]:
    """The current version, beside the rules that are switched on by now."""
    caller(router, "rules:read")
    renderer = renderer_of(router, lang)
    return reply(_linted(renderer, parse_rule(wired().manage_rules.get(rule_id).document)))


@router.put("/rules/<rule_id>", summary="Replace a rule", tags=["rules"])
def replace(rule_id: Id, body: Document, lang: Lang = "", if_match: IfMatch = None) -> Response[str]:
    """Makes a new version; refused where lint finds errors. Runs under way keep theirs."""
    by = caller(router, "rules:write")
    renderer = renderer_of(router, lang)
    rule = wired().manage_rules.replace(rule_id, body, version=wanted_version(if_match), by=by)
    return reply(_saved(renderer, rule), version=rule.version)


@router.put("/rules/<rule_id>/mode", summary="Switch a rule off, to shadow, or on", tags=["rules"])
def set_mode(rule_id: Id, body: ModeChange, lang: Lang = "", if_match: IfMatch = None) -> Response[str]:
    """In shadow a rule is evaluated and its runs are recorded, without any effect."""
    by = caller(router, "rules:write")
    renderer = renderer_of(router, lang)
    rule = wired().manage_rules.set_mode(rule_id, body.mode, version=wanted_version(if_match), by=by)
    return reply(_saved(renderer, rule), version=rule.version)


@router.delete("/rules/<rule_id>", summary="Delete a rule", tags=["rules"])
def delete(rule_id: Id, if_match: IfMatch = None) -> Response[str]:
    """Runs that it started go on under the version that they have."""
    caller(router, "rules:write")
    wired().manage_rules.delete(rule_id, version=wanted_version(if_match))
    return nothing()


@router.get("/rules/<rule_id>/versions", summary="The history of a rule", tags=["rules"])
def versions(rule_id: Id, lang: Lang = "") -> Response[str]:
    """Newest first, each with who saved it and when."""
    caller(router, "rules:read")
    renderer = renderer_of(router, lang)
    return reply({"items": [_told(renderer, rule) for rule in wired().manage_rules.versions(rule_id)]})


@router.post("/rules/<rule_id>/run", summary="Start a rule by hand", tags=["rules"])
def run(rule_id: Id, body: Document, idempotency_key: IdempotencyKey = None) -> Response[str]:
    """For a `record`, all of a `view`, or all of a `kind` that fit a `filter`."""
    by = caller(router, "runs:write")
    return reply(wired().start_rule(rule_id, body, seed=f"{by}#{seed(idempotency_key)}", by=by), 202)
