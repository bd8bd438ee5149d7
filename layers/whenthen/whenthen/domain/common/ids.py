"""Derive deterministic ids: the same cause always has the same id, so a repetition finds the earlier result.

Every id is `<prefix>_` and 26 characters of base32 (130 bits of SHA-256) over its parts.
Parts are length-prefixed, so no two different lists of parts share their bytes.
"""

from __future__ import annotations

import base64
import hashlib

_LENGTH = 26


def _digest(prefix: str, *parts: str) -> str:
    hashed = hashlib.sha256()
    for part in (prefix, *parts):
        encoded = part.encode(errors="surrogatepass")
        hashed.update(len(encoded).to_bytes(4, "big"))
        hashed.update(encoded)
    return f"{prefix}_{base64.b32encode(hashed.digest()).decode().lower()[:_LENGTH]}"


def event_id(source: str, external_id: str) -> str:
    """Derive the id of the event that `source` knows as `external_id`. A redelivery has the same."""
    return _digest("evt", source, external_id)


def source_update_id(event: str, said: str) -> str:
    """Derive the id of a source update: the fields that `event` sets on a record. Equal updates have the same."""
    return _digest("tell", event, said)


def run_id(event: str, rule: str, record: str | None) -> str:
    """Derive the id of the run that `event` starts under `rule` for `record` (None: no record is known)."""
    return _digest("run", event, rule, record or "")


def job_id(run: str, step: str, occurrence: int) -> str:
    """Derive the id of the `occurrence`-th time that `run` performs `step`, counted from 0."""
    return _digest("job", run, step, str(occurrence))


def record_id(*parts: str) -> str:
    """Derive the id of a record that whenthen itself creates, from its cause."""
    return _digest("rec", *parts)


def rule_id(*parts: str) -> str:
    """Derive the id of a rule from its creator's idempotency key or random seed."""
    return _digest("rule", *parts)


def import_id(*parts: str) -> str:
    """Derive the id of an import from its creator's idempotency key or random seed."""
    return _digest("imp", *parts)


def work_id(*parts: str) -> str:
    """Derive the id of work in the background from its creator's idempotency key or random seed."""
    return _digest("work", *parts)


def notice_id(job: str, person: str) -> str:
    """Derive the id of the notice by which a job tells a person something."""
    return _digest("notice", job, person)


def content_id(content: str) -> str:
    """Derive the id of a document, to tell whether it is the same again."""
    return _digest("doc", content)


def view_id(*parts: str) -> str:
    """Derive the id of a saved view from its creator's idempotency key or random seed."""
    return _digest("view", *parts)


def template_id(*parts: str) -> str:
    """Derive the id of a stored template from its creator's idempotency key or random seed."""
    return _digest("template", *parts)
