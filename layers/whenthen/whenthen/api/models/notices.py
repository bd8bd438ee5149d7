"""Shape notices: what rules tell colleagues, and whether these have read it."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import ConfigDict, Field

from whenthen.api.models.base import Described, Model, Sparse, Time, time_of
from whenthen.domain.events.event import format_time
from whenthen.domain.notices import notice
from whenthen.ports.values import Page


class Notice(Model):
    """A message of a rule to a colleague."""

    id: str = Field(examples=["notice_9f2b"])
    agent: str = Field(description="The colleague: a reference, or an e-mail address.", examples=["agent:ayse"])
    title: str = Field(description="One line; empty if the rule gives none.", examples=["New lead"])
    text: str = Field(examples=["Ayşe Kaya asks for an offer."])
    link: str = Field(description="An address to open; empty if the rule gives none.")
    record: str | None = Field(description="The record that the run is about.", examples=["lead:42"])
    rule: str = Field(description="The rule's id.", examples=["rule_9f2b"])
    run: str = Field(description="The run's id.", examples=["run_5q2v"])
    created_at: Time
    read_at: Time | None = Field(description="When it was read; null if it was not.")

    @classmethod
    def of(cls, found: notice.Notice) -> Notice:
        """Show a notice."""
        return cls(
            id=found.id,
            agent=found.agent,
            title=found.title,
            text=found.text,
            link=found.link,
            record=found.record,
            rule=found.rule,
            run=found.run,
            created_at=format_time(found.created_at),
            read_at=time_of(found.read_at),
        )


class NoticePage(Model):
    """Some of a colleague's notices, the newest first."""

    items: list[Notice]
    cursor: str | None = Field(description="Where the next page begins; null on the last.")

    @classmethod
    def of(cls, page: Page[notice.Notice]) -> NoticePage:
        """Show a page of notices."""
        return cls(items=[Notice.of(found) for found in page.items], cursor=page.cursor)


class NoticeReading(Sparse):
    """Whose notices were read, and until when."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"agent": "agent:ayse"}]})
    agent: str = Field(description="The colleague, as in the notices.", max_length=200, examples=["agent:ayse"])
    until: Time | None = Field(default=None, description="Notices that came later stay unread; by default none does.")


NoticeReadingBody = Annotated[dict[str, Any], Body(description="Whose notices were read."), Described(NoticeReading)]


class NoticesRead(Model):
    """How many notices were noted as read."""

    read: int = Field(examples=[3])
    more: bool = Field(description="Whether there may be more: ask again.")
