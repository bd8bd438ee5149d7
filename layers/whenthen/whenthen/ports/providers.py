"""Reach providers outside of AWS, with the secrets and bodies that this needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from whenthen.ports.outgoing import HttpAnswer, HttpRequest, Mail, WrittenMail
    from whenthen.ports.values import LeadPage
    from whenthen.sources.meta.lead_forms import LeadForm
    from whenthen.sources.meta.notification import LeadRef


class Secrets(Protocol):
    """Read secrets, cached for a few minutes."""

    def get(self, name: str) -> Mapping[str, Any]:
        """Return the secret's JSON object. Raises NotFound; Misconfigured if it has a value that is none."""

    def refreshed(self, name: str) -> Mapping[str, Any]:
        """Return the current secret, for a caller whose request was rejected under the cached one. Raises as `get`.

        A secret that was read seconds ago is not read again.
        """


class Http(Protocol):
    """Call the outside with guards: public addresses only, no redirects, bounded reads, timeouts."""

    def send(self, request: HttpRequest) -> HttpAnswer:
        """Send a request and read the answer.

        Raises Temporary if nothing was sent, Permanent for a forbidden address, AnswerLost if no answer came back.
        """


class Objects(Protocol):
    """Store bodies that are too large for an event: raw mail and attachments."""

    def get(self, key: str) -> bytes:
        """Read the whole object. Raises NotFound, TooLarge."""

    def put(self, key: str, content: bytes, content_type: str) -> None:
        """Write an object, in place of an existing one."""


class Threads(Protocol):
    """Store which run sent a mail, for replies that name it."""

    def remember(self, message_id: str, run_id: str, now: datetime) -> None:
        """Store that this run sent the mail with the provider's `message_id`."""

    def run_of(self, message_ids: Sequence[str]) -> str | None:
        """Return the run that sent one of these mails: the first that is known; None if none is."""


class Mailer(Protocol):
    """Write and send mail. The two are apart, so that only the send comes after a job's claim."""

    def write(self, mail: Mail) -> WrittenMail:
        """Write the mail as it will go out. Raises Permanent for one that cannot be written."""

    def send(self, mail: WrittenMail) -> str:
        """Send the mail and return the provider's id. Raises Temporary (also Throttled), Permanent or AnswerLost."""


class Audiences(Protocol):
    """Change custom audiences of Meta."""

    def audience_call(self, audience: str, row: Mapping[str, str], *, adding: bool) -> HttpRequest:
        """Make the call that adds a row of hashes to an audience, or removes it.

        Raises Permanent if Meta's secret is missing, Temporary if it cannot be read now.
        """

    def change_audience(self, call: HttpRequest) -> Mapping[str, Any]:
        """Make the change; the answer says `num_received` and `num_invalid_entries`.

        Raises Temporary (Throttled for rate limits, AccountRefused for an expired token), Permanent, or AnswerLost.
        """


class Graph(Audiences, Protocol):
    """Call Meta's Graph API."""

    def lead(self, leadgen_id: str) -> Mapping[str, Any]:
        """Read the lead's document with its fields. Raises Temporary (Throttled for rate limits) or Permanent."""

    def leads(self, form_id: str, since: datetime, after: str | None) -> LeadPage:
        """Read a page of the form's leads submitted after `since`. Raises Temporary (also Throttled) or Permanent."""

    def message(self, message: Mapping[str, Any], key: str) -> HttpRequest:
        """Make the call that sends a WhatsApp message; its delivery reports carry `key`.

        Raises Permanent if Meta's secret is missing, Temporary if it cannot be read now.
        """

    def send_message(self, call: HttpRequest) -> str:
        """Send the message and return its id.

        Raises Temporary if Meta says that it did not send (Throttled for rate limits), Permanent, or AnswerLost.
        """


class LeadForms(Protocol):
    """Store Meta's forms, which are asked for leads whose webhook was lost."""

    def note(self, form: LeadForm) -> None:
        """Store a form, unless it is known."""

    def all(self) -> list[LeadForm]:
        """List all forms, by id."""

    def save(self, form: LeadForm) -> None:
        """Store the form as it is now."""


class LeadQueue(Protocol):
    """Queue leads whose fields are to be fetched."""

    def send(self, leads: Sequence[LeadRef], *, delay: float = 0.0) -> None:
        """Send the leads, `delay` seconds from now (at most 900). Raises Temporary unless every one was taken."""
