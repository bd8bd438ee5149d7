"""Records, events, rules and runs for the tests of adapters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError
from msgspec.structs import replace

from whenthen.domain.common import ids
from whenthen.domain.common.reasons import Reason
from whenthen.domain.events.event import Cause, Event
from whenthen.domain.events.ordering import order_key_of_run
from whenthen.domain.records.record import Record
from whenthen.domain.rules.rule import Rule, parse_rule
from whenthen.domain.runs.run import Job, Run
from whenthen.ports.values import StoredRule

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
PHONE = "+905321234567"


def minutes(count: float) -> datetime:
    """So many minutes after NOW."""
    return NOW + timedelta(minutes=count)


class FixedClock:
    """A clock that a test sets."""

    def __init__(self, time: datetime = NOW) -> None:
        self.time = time

    def now(self) -> datetime:
        """Return the moment that it was set to."""
        return self.time


def event(external_id: str = "e1", event_type: str = "meta_lead.created", at: datetime = NOW, **more: Any) -> Event:
    """An event about PHONE."""
    found = Event(
        id=ids.event_id("meta", external_id),
        source="meta",
        type=event_type,
        time=at,
        identities=(f"phone#{PHONE}",),
        data={"amount": 1.0, "count": 1, "name": "Ayşe", "tags": ["vip"]},
        origin="source:meta",
    )
    return replace(found, **more)


def record(kind: str = "lead", external_id: str = "4711", version: int = 1, **fields: Any) -> Record:
    """A record as it is after `version` writes."""
    return Record(
        kind=kind,
        id=external_id,
        fields=fields,
        version=version,
        created_at=NOW,
        updated_at=minutes(version - 1),
        origin="api",
        cause=Cause(("run_x",), 1),
    )


EXITS = ("contact.replied", "whatsapp.message_received")


def run(own_event: Event, *, rule: str = "rule_1", **more: Any) -> Run:
    """A run of a rule that stops when the customer replies."""
    found = Run(
        id=ids.run_id(own_event.id, rule, "lead:4711"),
        rule_id=rule,
        rule_version=1,
        rule_name="Welcome",
        event_id=own_event.id,
        event_type=own_event.type,
        record="lead:4711",
        entered=own_event.time,
        due=own_event.time,
        started_at=minutes(1),
        watch=("lead:4711", f"phone#{PHONE}"),
        exits_on=EXITS,
        rechecks_on=("lead.updated",),
        place=order_key_of_run(own_event, EXITS),
    )
    return replace(found, **more)


def job(of: Run, step: str = "hello", step_group: int = 0, action: str = "send_whatsapp", **more: Any) -> Job:
    """A job of the run."""
    return replace(Job(run_id=of.id, step_id=step, step_group=step_group, action=action, due=of.due), **more)


def rule(rule_id: str = "rule_1", version: int = 1, **more: Any) -> tuple[StoredRule, Rule]:
    """A rule as it is stored and as it is read."""
    document = {
        "name": f"Rule {rule_id}",
        "kind": "lead",
        "trigger": {"event": "meta_lead.created"},
        "steps": [{"id": "tag", "action": "add_tags", "with": {"tags": ["new"]}}],
        "mode": "on",
        **more,
        "id": rule_id,
        "version": version,
    }
    return StoredRule(rule_id, version, document, NOW, "key_1"), parse_rule(document)


def client_error(code: str, status: int = 400, operation: str = "Call") -> ClientError:
    """How botocore reports an error of a service."""
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, operation)


def why(word: str) -> Reason:
    """Make a reason that differs from others by a word."""
    return Reason("sample.why", {"word": word})
