"""Make the messages of one step: one for each way and colleague, each with what is needed to send it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.channels.staff.action import EMAIL, NOTICE, SLACK, TEAMS
from whenthen.domain.common import ids
from whenthen.domain.common.errors import Permanent
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.notices.notice import MAX_TITLE, Notice, shortened
from whenthen.ports.outgoing import Mail

if TYPE_CHECKING:
    from whenthen.channels.staff.colleagues import Colleague
    from whenthen.ports.providers import Mailer
    from whenthen.ports.sending import Notices

# Nobody knows an e-mail address of this colleague.
NO_ADDRESS = ReasonCode("staff.no_address", "person")
TO: Mapping[str, ReasonCode] = {
    NOTICE: ReasonCode("staff.notice_to", "to"),
    EMAIL: ReasonCode("staff.email_to", "to"),
    SLACK: ReasonCode("staff.slack_to", "to"),
    TEAMS: ReasonCode("staff.teams_to", "to"),
}
"""Way → the code that says who is told by it."""


class Content(Struct, frozen=True):
    """Hold what a step says, about what, and by which room's addresses."""

    title: str
    text: str
    link: str
    record: str | None
    rule: str
    run: str
    job: str
    room: str = ""

    @property
    def subject(self) -> str:
        """Return the title, or else the first line of the text."""
        line = " ".join((self.title or self.text.splitlines()[0]).split())
        return shortened(line, MAX_TITLE)

    @property
    def body(self) -> str:
        """Return the text, and the link below it."""
        return f"{self.text}\n\n{self.link}" if self.link else self.text


class Message(Struct, frozen=True):
    """Hold one message.

    way         by which it goes
    to          who gets it, for the outcome
    send        sends it. Raises Temporary (also Throttled), Permanent or AnswerLost
    repeatable  whether sending it twice has the effect of once
    """

    way: str
    to: str
    send: Callable[[], object]
    repeatable: bool = False

    @property
    def name(self) -> str:
        """Return its name among the messages of its job."""
        return ids.content_id(f"{self.way} {self.to}")


class NoticeWay(Struct, frozen=True):
    """Put a notice into the colleague's list."""

    notices: Notices

    def messages(self, content: Content, colleagues: list[Colleague], now: datetime) -> Iterator[Message]:
        """Yield the message to each colleague."""
        for each in colleagues:
            notice = Notice(
                id=ids.notice_id(content.job, each.person),
                agent=each.person,
                text=content.text,
                title=content.title,
                link=content.link,
                record=content.record,
                rule=content.rule,
                run=content.run,
                created_at=now,
            )
            yield Message(NOTICE, each.person, partial(self.notices.add, notice), repeatable=True)


class EmailWay(Struct, frozen=True):
    """Send a mail of its own to each colleague."""

    mailer: Mailer
    sender: str

    def messages(self, content: Content, colleagues: list[Colleague], now: datetime) -> Iterator[Message]:
        """Yield the message to each colleague; one without an address fails."""
        del now
        for each in colleagues:
            yield Message(EMAIL, each.address or each.person, partial(self._send, content, each))

    def _send(self, content: Content, colleague: Colleague) -> None:
        if not colleague.address:
            raise Permanent(NO_ADDRESS(person=colleague.person))
        mail = Mail(
            sender=self.sender,
            to=colleague.address,
            subject=content.subject,
            text=content.body,
            headers={"X-Whenthen-Run": content.run, "Auto-Submitted": "auto-generated"},  # a report is not the job's
        )
        self.mailer.send(self.mailer.write(mail))
