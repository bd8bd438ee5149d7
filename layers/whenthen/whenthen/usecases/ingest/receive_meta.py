"""receive_meta: make Meta's notifications durable before they are answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct

from whenthen.domain.common.errors import NotFound, TooLarge, Unauthenticated
from whenthen.domain.events.arrival import arrived
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
    """Count the events and leads of a notification, and its ignored parts."""

    events: int
    leads: int
    ignored: int


class ReceiveMeta(Struct, frozen=True):
    """Receive notifications of leads and of WhatsApp."""

    bus: Bus
    leads: LeadQueue
    secrets: Secrets
    clock: Clock

    def verify_address(self, query: Mapping[str, str]) -> str:
        """Return the challenge with which to answer Meta's check of the webhook's address. Raises Unauthenticated."""
        return self._verified("verify_token", lambda tokens: meta.challenge(query, tokens))

    def __call__(self, headers: Mapping[str, str], body: bytes) -> Accepted:
        """Publish the events and queue the leads of a notification.

        Raises Unauthenticated, Malformed; Temporary unless all of it is durable.
        """
        now = self.clock.now()
        self._verified("app_secret", lambda secrets: signatures.verify(_SCHEME, secrets, headers, body, now))
        notification = meta.parse_notification(body)
        if notification.object == _WHATSAPP:
            found = webhook.events_of(notification, now)
            self._publish([arrived(event, now) for event in found.events])
            return Accepted(events=len(found.events), leads=0, ignored=len(found.ignored))
        leads, ignored = meta.leadgen_changes(notification)
        self.leads.send(leads)
        return Accepted(events=0, leads=len(leads), ignored=len(ignored))

    def _publish(self, found: Sequence[Event]) -> None:
        """Publish all events; truncate those that are too large for the bus, which would keep the others out."""
        try:
            self.bus.publish(found)
        except TooLarge:  # before any of them was put
            self.bus.publish([truncate(event) for event in found])

    def _verified(self, name: str, verify: Callable[[Sequence[str]], T]) -> T:
        """Verify with the known secrets and, if that fails, with those that an admin has set since.

        Raises Unauthenticated.
        """
        known = self._secrets(name, self.secrets.get)
        try:
            return verify(known)
        except Unauthenticated:
            renewed = self._secrets(name, self.secrets.refreshed)
            if renewed == known:
                raise
            return verify(renewed)

    def _secrets(self, name: str, read: Callable[[str], Mapping[str, Any]]) -> list[str]:
        """Return the secret and, while an admin replaces it, the one before; empty if there is none."""
        try:
            kept = read(SECRET)
        except NotFound:
            return []
        return [value for key in (name, f"previous_{name}") if isinstance(value := kept.get(key), str) and value]
