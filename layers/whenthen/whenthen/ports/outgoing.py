"""Define what goes out to other systems, and their answers: HTTP calls and mail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from msgspec import Struct, field

MAX_ANSWER = 65_536


class HttpRequest(Struct, frozen=True):
    """Describe a call to the outside.

    most     bytes of the answer's body that are read
    seconds  for the whole call at most; None: as long as the client lets any call take
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    most: int = MAX_ANSWER
    seconds: float | None = None


class HttpAnswer(Struct, frozen=True):
    """Hold an answer. Header names are in lower case. `cut`: the body was longer than the request's `most`."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool = False


def is_not_now(answer: HttpAnswer) -> bool:
    """Tell whether the receiver throttled: nothing was done."""
    return answer.status == 429 or (answer.status == 503 and "retry-after" in answer.headers)


class File(Struct, frozen=True):
    """Hold a file that a mail carries. `name` and `type` are safe to write into a header."""

    name: str
    type: str
    content: bytes


class Invitation(Struct, frozen=True):
    """Describe an appointment that a mail sends, changes or takes back.

    uid                  by which calendars find the entry again
    sequence             grows with each mail about the same entry
    starts_at, ends_at   moments in UTC, or days, the end then being the day after the last one
    """

    uid: str
    sequence: int
    stamp: datetime
    starts_at: date
    ends_at: date
    title: str
    location: str = ""
    description: str = ""
    cancelled: bool = False


class Mail(Struct, frozen=True):
    """Describe one e-mail. Header values hold no line breaks; the adapter rejects them otherwise.

    to      the first recipient; `others` stand beside them, `cc` below, and `bcc` in the envelope alone
    """

    sender: str
    to: str
    subject: str
    text: str = ""
    html: str = ""
    reply_to: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    files: tuple[File, ...] = ()
    invitation: Invitation | None = None

    @property
    def recipients(self) -> tuple[str, ...]:
        """Return all addresses of the envelope."""
        return (self.to, *self.others, *self.cc, *self.bcc)


class WrittenMail(Struct, frozen=True):
    """Hold a mail in the form in which it goes out."""

    mail: Mail
    raw: bytes
