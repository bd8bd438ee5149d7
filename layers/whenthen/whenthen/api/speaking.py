"""In which language a caller is spoken to, and what is said about rules, findings and runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Query
from msgspec import to_builtins

from whenthen.api.rendering.renderer import Renderer
from whenthen.api.rendering.texts import ENGLISH, LANGUAGES
from whenthen.api.shapes import run_document, state_document, timeline_entry
from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.common.reasons import Reason
from whenthen.domain.lint.findings import Finding
from whenthen.domain.rules.rule import Rule, parse_rule
from whenthen.domain.runs.run import Run
from whenthen.ports.values import NotEntered, Plan, RunState, StoredRule
from whenthen.runtime.http_responses import headers_of
from whenthen.runtime.observability import logger

Lang = Annotated[
    str, Query(max_length=35, description=f"Of sentences: {', '.join(LANGUAGES)}; by default as Accept-Language says.")
]


def renderer_of(router: Router, lang: str) -> Renderer:
    """The renderer of the language that is asked for. Raises Invalid for one that is named in `lang` and not known."""
    if lang and _known(lang) is None:
        raise Invalid.field("lang", f"one of {', '.join(LANGUAGES)} is required")
    return renderer_for(router.current_event.raw_event, lang)


def renderer_for(request: Mapping[str, Any], lang: str = "") -> Renderer:
    """Find the renderer for a request, whatever it asks for: of `lang`, of its Accept-Language, or English.

    Accept-Language is what a browser sends anyhow: where none of its languages is known, it is English.
    """
    wanted = headers_of(request).get("accept-language", "")
    return Renderer(next((found for each in (lang, *_ranked(wanted)) if (found := _known(each))), ENGLISH))


def _known(tag: str) -> str | None:
    """The language of a tag such as `tr-TR`; `iw` and `in` are what old systems call Hebrew and Indonesian."""
    language = tag.strip().replace("_", "-").partition("-")[0].lower()
    language = {"iw": "he", "in": "id"}.get(language, language)
    return language if language in LANGUAGES else None


def _ranked(wanted: str) -> list[str]:
    """The tags of an Accept-Language header, the most wanted first; those with q=0 are not wanted."""
    parts = [part.partition(";") for part in wanted[:500].split(",")]
    weighed = [(_weight(parameters), tag) for tag, _, parameters in parts]
    return [tag for weight, tag in sorted(weighed, key=lambda pair: -pair[0]) if weight > 0]


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0


def sentence_of(renderer: Renderer, rule: StoredRule | Rule) -> str:
    """The rule in plain words; nothing for a version of times when rules were written otherwise.

    Nothing, and the log says why, where the words fail: a list of rules must not fail for the sentence of one.
    """
    try:
        return renderer.rule(rule if isinstance(rule, Rule) else parse_rule(rule.document))
    except Invalid:
        return ""
    except Exception:  # noqa: BLE001 - see above
        logger.exception("no sentence for a rule", rule=rule.id, version=rule.version, language=renderer.language)
        return ""


def reason_document(renderer: Renderer, reason: Reason | str) -> dict[str, Any]:
    """Give a reason by its code, its parameters, and its text in the caller's language."""
    if isinstance(reason, str):
        return {"code": "", "params": {}, "text": renderer.text(reason)}
    return {**to_builtins(reason), "text": renderer.text(reason)}


def finding_document(renderer: Renderer, finding: Finding) -> dict[str, Any]:
    """Describe what lint found."""
    reason = reason_document(renderer, finding.reason)
    return {"severity": finding.severity, "field": finding.field, **reason, "rules": list(finding.rules)}


def problem_document(renderer: Renderer, problem: Problem) -> dict[str, Any]:
    """Describe what keeps a document from being read as a rule, in the form of a finding."""
    reason = reason_document(renderer, problem.message)
    return {"severity": "error", "field": problem.field, **reason, "code": reason["code"] or "invalid", "rules": []}


def told_run(renderer: Renderer, run: Run) -> dict[str, Any]:
    """A run without its jobs, and how it stands in plain words."""
    return {**run_document(run), "sentence": renderer.outcome(run.status, run.reason)}


def told_state(renderer: Renderer, state: RunState) -> dict[str, Any]:
    """A run with its event and its jobs, each in plain words."""
    document = state_document(state)
    jobs = [{**job, "sentence": renderer.outcome(job["status"], job["reason"])} for job in document["jobs"]]
    return {**document, "jobs": jobs, "sentence": renderer.outcome(state.run.status, state.run.reason)}


def told_entry(renderer: Renderer, entry: Run | Plan) -> dict[str, Any]:
    """A run about a record, or an event about it with the rules that it started and that let nobody in."""
    document = timeline_entry(entry)
    if isinstance(entry, Plan):
        refused = [refused_document(renderer, each) for each in entry.refused]
        return {**document, "refused": refused, "sentence": f"{renderer.event(entry.event.type)}."}
    return {**document, "sentence": renderer.outcome(entry.status, entry.reason)}


def refused_document(renderer: Renderer, refused: NotEntered) -> dict[str, Any]:
    """A rule that matched and was not started."""
    own = {"id": refused.rule, "version": refused.version, "record": refused.ref, "code": refused.code}
    return {**own, "sentence": renderer.explained(refused.code)}
