"""In which language a caller is spoken to, and what is said about rules, findings and runs."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Query

from whenthen.api.shapes import run_document, state_document, timeline_entry
from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.lint.findings import Finding
from whenthen.domain.phrase_table import LANGUAGES
from whenthen.domain.phrased_reasons import explained_said, finding_said, reason_said
from whenthen.domain.phrases import Speaker
from whenthen.domain.rules.rule import Rule, parse_rule
from whenthen.domain.runs.run import Run
from whenthen.ports.values import NotEntered, Plan, RunState, StoredRule
from whenthen.runtime.http_responses import headers_of
from whenthen.runtime.observability import logger

Lang = Annotated[
    str, Query(max_length=35, description=f"Of sentences: {', '.join(LANGUAGES)}; by default as Accept-Language says.")
]


def speaker_of(router: Router, lang: str) -> Speaker:
    """The speaker of the language that is asked for. Raises Invalid for one that is named in `lang` and not known.

    Accept-Language is what a browser sends anyhow: where none of its languages is known, it is English.
    """
    if lang:
        found = _known(lang)
        if found is None:
            raise Invalid.field("lang", f"one of {', '.join(LANGUAGES)} is required")
        return Speaker(found)
    wanted = headers_of(router.current_event.raw_event).get("accept-language", "")
    return Speaker(next((found for each in _ranked(wanted) if (found := _known(each))), "en"))


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


def sentence_of(speaker: Speaker, rule: StoredRule | Rule) -> str:
    """The rule in plain words; nothing for a version of times when rules were written otherwise.

    Nothing, and the log says why, where the words fail: a list of rules must not fail for the sentence of one.
    """
    try:
        return speaker.rule(rule if isinstance(rule, Rule) else parse_rule(rule.document))
    except Invalid:
        return ""
    except Exception:  # noqa: BLE001 - see above
        logger.exception("no sentence for a rule", rule=rule.id, version=rule.version, language=speaker.language)
        return ""


def finding_document(speaker: Speaker, finding: Finding) -> dict[str, Any]:
    """What lint found: `message` in English for logs and machines, `sentence` for people."""
    return {
        "severity": finding.severity,
        "code": finding.code,
        "field": finding.field,
        "message": finding.message,
        "sentence": finding_said(speaker, finding.code, finding.details),
        "rules": list(finding.rules),
    }


def problem_document(speaker: Speaker, problem: Problem) -> dict[str, Any]:
    """What keeps a document from being read as a rule, beside findings."""
    said = reason_said(speaker, problem.message)
    own = {"field": problem.field, "message": problem.message, "sentence": said, "rules": []}
    return {"severity": "error", "code": problem.code or "invalid", **own}


def told_run(speaker: Speaker, run: Run) -> dict[str, Any]:
    """A run without its jobs, and how it stands in plain words."""
    return {**run_document(run), "sentence": speaker.outcome(run.status, run.reason)}


def told_state(speaker: Speaker, state: RunState) -> dict[str, Any]:
    """A run with its event and its jobs, each in plain words."""
    document = state_document(state)
    jobs = [{**job, "sentence": speaker.outcome(job["status"], job["reason"])} for job in document["jobs"]]
    return {**document, "jobs": jobs, "sentence": speaker.outcome(state.run.status, state.run.reason)}


def told_entry(speaker: Speaker, entry: Run | Plan) -> dict[str, Any]:
    """A run about a record, or an event about it with the rules that it started and that let nobody in."""
    document = timeline_entry(entry)
    if isinstance(entry, Plan):
        refused = [refused_document(speaker, each) for each in entry.refused]
        return {**document, "refused": refused, "sentence": f"{speaker.event(entry.event.type)}."}
    return {**document, "sentence": speaker.outcome(entry.status, entry.reason)}


def refused_document(speaker: Speaker, refused: NotEntered) -> dict[str, Any]:
    """A rule that matched and was not started."""
    own = {"id": refused.rule, "version": refused.version, "record": refused.ref, "code": refused.code}
    return {**own, "sentence": explained_said(speaker, refused.code)}
