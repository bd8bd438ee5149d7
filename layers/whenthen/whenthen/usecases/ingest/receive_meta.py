"""receive_meta: what Meta notifies, made durable before it is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct

from whenthen.domain.common.errors import NotFound, TooLarge, Unauthenticated
from whenthen.domain.events.event import truncate
from whenthen.sources.meta import notification as meta
from whenthen.sources.signing import signatures
from whenthen.sources.whatsapp import webhook

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event
    from whenthen.ports.clock import Clock
    from whenthen.ports.events import Bus
    from whenthen.ports.providers import LeadQueue, Secrets

T = TypeVar("T")

SECRET = "meta"  # noqa: S105 - the name of a secret
_SCHEME = signatures.Scheme("meta")
_WHATSAPP = "whatsapp_business_account"


class Accepted(Struct, frozen=True):
    """How much of a notification was taken, and how much of it means nothing to whenthen."""

    events: int
    leads: int
    ignored: int


class ReceiveMeta(Struct, frozen=True):
    """Takes notifications of leads and of WhatsApp."""

    bus: Bus
    leads: LeadQueue
    secrets: Secrets
    clock: Clock

    def verify_address(self, query: Mapping[str, str]) -> str:
        """Meta's check of the webhook's address: the challenge to answer with. Raises Unauthenticated."""
        return self._proven("verify_token", lambda tokens: meta.challenge(query, tokens))

    def __call__(self, headers: Mapping[str, str], body: bytes) -> Accepted:
        """Raises Unauthenticated, Malformed; Temporary when not all of it could be made durable."""
        now = self.clock.now()
        self._proven("app_secret", lambda secrets: signatures.verify(_SCHEME, secrets, headers, body, now))
        notification = meta.parse_notification(body)
        if notification.object == _WHATSAPP:
            found = webhook.events_of(notification, now)
            self._publish(found.events)
            return Accepted(events=len(found.events), leads=0, ignored=len(found.ignored))
        leads, ignored = meta.leadgen_changes(notification)
        self.leads.send(leads)
        return Accepted(events=0, leads=len(leads), ignored=len(ignored))

    def _publish(self, found: Sequence[Event]) -> None:
        """All of them; one that is too large for the bus goes without what makes it so, lest it keep the others out."""
        try:
            self.bus.publish(found)
        except TooLarge:  # before any of them was put
            self.bus.publish([truncate(event) for event in found])

    def _proven(self, name: str, prove: Callable[[Sequence[str]], T]) -> T:
        """What `prove` makes of the secrets, and where it refuses, of those that are there by now.

        Raises Unauthenticated.
        """
        known = self._secrets(name, self.secrets.get)
        try:
            return prove(known)
        except Unauthenticated:
            renewed = self._secrets(name, self.secrets.refreshed)
            if renewed == known:
                raise
            return prove(renewed)

    def _secrets(self, name: str, read: Callable[[str], Mapping[str, Any]]) -> list[str]:
        """The secret and, while it is being replaced, the one before it; none proves anything where there is none."""
        try:
            kept = read(SECRET)
        except NotFound:
            return []
        return [value for key in (name, f"previous_{name}") if isinstance(value := kept.get(key), str) and value]
