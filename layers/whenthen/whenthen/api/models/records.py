"""Shape the records of the built-in store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import ConfigDict, Field

from whenthen.api.models.base import Described, Model, Sparse, Time, time_of
from whenthen.domain.events.event import format_time
from whenthen.domain.records import automation as automations
from whenthen.domain.records import record as records
from whenthen.domain.records.consent import CONSENT, read_consent
from whenthen.domain.work.work import Work
from whenthen.ports.values import Page

_FIELDS: dict[str, Any] = {"examples": [{"first_name": "Ayşe", "phone": "+905321234567", "tags": ["vip"]}]}

FieldsBody = Annotated[
    dict[str, Any],
    Body(description="The record's fields: text, number, boolean, list or object. Null removes one.", **_FIELDS),
]


class Merge(Model):
    """The record that is to become part of another."""

    model_config = ConfigDict(extra="forbid")
    other: str = Field(alias="from", description="The record that goes, such as contact:8.", max_length=200)


class Record(Model):
    """A record of the built-in store."""

    ref: str = Field(description="`<kind>:<id>`.", examples=["contact:7"])
    kind: str = Field(examples=["contact"])
    id: str = Field(examples=["7"])
    version: int = Field(description="Counts the changes; it is the ETag.")
    created_at: Time | None
    updated_at: Time | None
    origin: str = Field(description="Who wrote it last.", examples=["api"])
    absorbed: list[str] = Field(description="The records that were merged into it.")
    fields: dict[str, Any] = Field(json_schema_extra=_FIELDS)

    @classmethod
    def of(cls, record: records.Record) -> Record:
        """Show a record."""
        whole = records.as_context(record)
        own = {name: whole[name] for name in ("ref", "kind", "id", "version", "created_at", "updated_at")}
        return cls(**own, origin=record.origin, absorbed=list(record.absorbed), fields=dict(record.fields))


class RecordPage(Model):
    """Some of the records; a page of a view may be short while there is a cursor."""

    items: list[Record]
    cursor: str | None = Field(description="Where the next page begins; null on the last.")

    @classmethod
    def of(cls, page: Page[records.Record]) -> RecordPage:
        """Show a page of records."""
        return cls(items=[Record.of(record) for record in page.items], cursor=page.cursor)


class ConsentChange(Model):
    """A change of a person's consent."""

    channel: str = Field(description="`all`: every channel that the consent does not name.", examples=["sms"])
    agreed: bool | None = Field(description="Whether messages may be sent there; null: the word was taken back.")
    at: Time = Field(description="When the person said it, or else when it was written.")
    by: str = Field(description="Who wrote it: api, human, import, a source, a rule.", examples=["source:sms"])
    event: str | None = Field(description="Type of the event that said so.", examples=["sms.received"])
    identity: str | None = Field(description="The address that the event is about.", examples=["phone#+905321234567"])
    run: str | None = Field(description="The run that wrote it, if a rule did.")


class Consents(Model):
    """The consent of a person by channel, and its last changes."""

    consent: dict[str, bool] = Field(description="Channel → whether messages may be sent there.")
    items: list[ConsentChange] = Field(description="The last 50 changes, newest first.")

    @classmethod
    def of(cls, record: records.Record) -> Consents:
        """Show the consent of a record."""
        changes = [
            ConsentChange(
                channel=change.channel,
                agreed=change.agreed,
                at=format_time(change.at),
                by=change.by,
                event=change.event or None,
                identity=change.identity or None,
                run=change.run or None,
            )
            for change in reversed(record.consent_log)
        ]
        return cls(consent=read_consent(record.fields.get(CONSENT)), items=changes)


class RecordAutomationSettings(Sparse):
    """Pauses and exclusions: the rules that may act for a record, and since when."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"paused_until": "2026-03-16T09:00:00Z", "excluded_rules": ["rule_9f2b"]}]},
    )
    paused_until: Time | None = Field(default=None, description="Its runs begin no step before then; null: they do.")
    excluded_rules: list[str] | str | None = Field(
        default=None, description="Ids of rules that do not start for it; at most 100."
    )


AutomationBody = Annotated[
    dict[str, Any], Body(description="What rules may do with it."), Described(RecordAutomationSettings)
]


class RecordAutomation(Model):
    """Pauses and exclusions of a record, and the work by which its runs follow them."""

    paused_until: Time | None
    excluded_rules: list[str]
    work: list[str] = Field(description="Ids of the work that stops or resumes its runs; see `GET /v1/work/{id}`.")

    @classmethod
    def of(cls, automation: automations.Automation, work: Sequence[Work]) -> RecordAutomation:
        """Show what rules may do."""
        return cls(
            paused_until=time_of(automation.paused_until),
            excluded_rules=list(automation.excluded_rules),
            work=[each.id for each in work],
        )
