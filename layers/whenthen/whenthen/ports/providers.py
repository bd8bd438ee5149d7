"""What is reached outside of AWS, and the secrets and bodies for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from whenthen.ports.values import HttpAnswer, HttpRequest, LeadPage, Mail, WrittenMail
    from whenthen.sources.meta.lead_forms import LeadForm
    from whenthen.sources.meta.notification import LeadRef


class Secrets(Protocol):
    """Secrets, cached for a few minutes."""

    def get(self, name: str) -> Mapping[str, Any]:
        """The secret's JSON object. Raises NotFound."""

    def refreshed(self, name: str) -> Mapping[str, Any]:
        """The secret as it is by now, for whoever was refused under the cached one; what was read seconds ago is not
        read again, whoever asks. Raises NotFound."""


class Http(Protocol):
    """The guarded client: public addresses only, no redirects, bounded reads, timeouts."""

    def send(self, request: HttpRequest) -> HttpAnswer:
        """Raises Temporary when nothing was sent, Permanent for a forbidden address, AnswerLost when sent in vain."""


class Objects(Protocol):
    """Bodies too large for an event: raw mail and attachments."""

    def get(self, key: str) -> bytes:
        """The whole object. Raises NotFound, TooLarge."""

    def put(self, key: str, content: bytes, content_type: str) -> None:
        """Keep an object, in place of the one that is there."""


class Threads(Protocol):
    """Which run sent a mail, for the answers that name it."""

    def remember(self, message_id: str, run_id: str, now: datetime) -> None:
        """Note that this run sent the mail that the provider calls `message_id`."""

    def run_of(self, message_ids: Sequence[str]) -> str | None:
        """The run that sent one of these mails; the first that is known."""


class Mailer(Protocol):
    """Outgoing mail. Writing and sending are apart, so that nothing but the send comes after a job's claim."""

    def write(self, mail: Mail) -> WrittenMail:
        """The mail as it will go out. Raises Permanent for one that cannot be written."""

    def send(self, mail: WrittenMail) -> str:
        """The provider's message id. Raises Temporary (Throttled where it was too much), Permanent or AnswerLost."""


class Graph(Protocol):
    """Meta's Graph API."""

    def lead(self, leadgen_id: str) -> Mapping[str, Any]:
        """The lead's document with its fields. Raises Temporary (Throttled for rate limits) or Permanent."""

    def leads(self, form_id: str, since: datetime, after: str | None) -> LeadPage:
        """A page of the form's leads submitted after `since`. Raises Temporary (also for rate limits) or Permanent."""

    def message(self, message: Mapping[str, Any], key: str) -> HttpRequest:
        """The call that sends a WhatsApp message, which carries `key` back in its statuses.

        Raises Permanent where Meta's secret is missing, Temporary where it cannot be read now.
        """

    def send_message(self, call: HttpRequest) -> str:
        """Send it; returns the message's id.

        Raises Temporary where Meta says that it did not send (Throttled for rate limits), Permanent, or AnswerLost.
        """


class LeadForms(Protocol):
    """The forms of Meta that are asked for leads whose webhook was lost."""

    def note(self, form: LeadForm) -> None:
        """Remember a form, unless it is known."""

    def all(self) -> list[LeadForm]:
        """All forms, by id."""

    def save(self, form: LeadForm) -> None:
        """Keep the form as it stands now."""


class LeadQueue(Protocol):
    """Leads whose fields are to be fetched."""

    def send(self, leads: Sequence[LeadRef], *, delay: float = 0.0) -> None:
        """Hand the leads on, `delay` seconds from now (at most 900). Raises Temporary unless every one was taken."""
