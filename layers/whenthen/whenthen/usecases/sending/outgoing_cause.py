"""Name the run behind a call to another system, and the trace of its event, so that our own hooks know of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from whenthen.domain.common.errors import NotFound
from whenthen.domain.events import trace
from whenthen.domain.events.event import Cause
from whenthen.domain.events.types import tells_of_message
from whenthen.sources.signing import cause_header

if TYPE_CHECKING:
    from whenthen.domain.runs.run import Job
    from whenthen.ports.providers import Secrets


def cause_of(job: Job, context: Mapping[str, Any], secrets: Secrets) -> dict[str, str]:
    """Return the headers that carry the trace and, if a secret signs it, the job's cause. Raises Temporary."""
    traced = {trace.HEADER: trace.made_by(context["event"][trace.HEADER], job.id)}
    event = context["event"]
    cause = event.get("cause", {})
    known = Cause(
        tuple(cause.get("runs", ())), cause.get("depth", 0), cause.get("root", ""), message=cause.get("message", "")
    )
    message = event["id"] if tells_of_message(event.get("type", "")) else ""
    try:
        key = secrets.get(cause_header.SECRET).get("key")
    except NotFound:
        return traced
    if not isinstance(key, str) or not key:
        return traced
    return {**cause_header.write(known.then(job.run_id, event["id"], message=message), key), **traced}
