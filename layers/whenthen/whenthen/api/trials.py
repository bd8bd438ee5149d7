"""Show the trial of a source on a sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whenthen.domain.common.stored_reasons import problem_document, to_document
from whenthen.domain.events.event import to_json

if TYPE_CHECKING:
    from whenthen.usecases.admin.try_source import Trial, TriedItem


def trial_document(trial: Trial) -> dict[str, Any]:
    """Show what the sample would become, and in `refused` the answer that its sender would get."""
    refused = trial.refused
    return {
        "source": trial.source,
        "items": [_item_document(item) for item in trial.items],
        "problems": [problem_document(problem) for problem in trial.problems],
        "refused": refused
        and {"status": refused.status, "title": refused.title, "reason": to_document(refused.reason)},
    }


def _item_document(item: TriedItem) -> dict[str, Any]:
    record = item.record
    return {
        "mapping": item.mapping,
        "passed_over": [
            {"mapping": each.mapping, "problems": [problem_document(problem) for problem in each.problems]}
            for each in item.passed_over
        ],
        "event": to_json(item.event),
        "record": record and {"ref": record.ref, "exists": item.record_exists, "fields": dict(record.fields)},
        "problems": [problem_document(problem) for problem in item.problems],
    }
