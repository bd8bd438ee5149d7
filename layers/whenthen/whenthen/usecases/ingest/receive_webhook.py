"""receive_webhook: make durable what a configured source reports, before it is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common.errors import NotFound, Problem, Refused, TooLarge, Unauthenticated
from whenthen.domain.events import trace
from whenthen.domain.events.event import Cause
from whenthen.ports.reason_codes import SOURCE_NOT_FOUND
from whenthen.sources.signing import cause_header, signatures
from whenthen.sources.signing.schemes import FORM_SCHEMES
from whenthen.sources.webhook.delivery import Delivery, map_delivery
from whenthen.sources.webhook.mapping import LONGEST_NAME, NAME, parse_source
from whenthen.usecases.ingest.reason_codes import BODY_TOO_LARGE
from whenthen.usecases.ingest.record_rejection import Posted
from whenthen.usecases.records.write_item import write_item

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event
    from whenthen.ports.administration import SourceStore
    from whenthen.ports.clock import Clock
    from whenthen.ports.events import Bus
    from whenthen.ports.providers import Secrets
    from whenthen.sources.webhook.mapping_result import MappingResult
    from whenthen.usecases.ingest.record_rejection import RecordRejection
    from whenthen.usecases.records.save_record import SaveRecord

MAX_BODY = 200_000
"""Bytes of a delivery."""


class Accepted(Struct, frozen=True):
    """Hold the events of a delivery, and the parts of it that could not be read or kept.

    redirect  address to which a form's source sends the browser
    """

    events: tuple[Event, ...]
    problems: tuple[Problem, ...] = ()
    redirect: str | None = None


class ReceiveWebhook(Struct, frozen=True):
    """Receive the deliveries of generic sources."""

    sources: SourceStore
    secrets: Secrets
    save_record: SaveRecord
    bus: Bus
    rejections: RecordRejection
    clock: Clock

    def __call__(self, name: str, headers: Mapping[str, str], body: bytes) -> Accepted:
        """Write the records of a delivery and publish its events.

        A rejected delivery, and one that no mapping or no record takes, is recorded for the source's admin.
        Raises NotFound for an unknown source, Unauthenticated, TooLarge, Malformed; Temporary unless all is durable.
        """
        if not NAME.fullmatch(name):  # the store takes no name of any length
            raise NotFound(SOURCE_NOT_FOUND(source=name[:LONGEST_NAME]))
        source = parse_source(self.sources.get(name), saved=True)
        posted = Posted(source, headers, body, self._secrets(name, self.secrets.get))
        try:
            posted, delivery = self._authenticated(posted)
        except Refused as error:
            self.rejections.unauthenticated(posted, error)
            raise
        try:
            mapped, events = self._taken(delivery)
        except Refused as error:
            self.rejections.refused(posted, error)
            raise
        if mapped.unmapped or mapped.record_rejected:
            self.rejections.unmapped(posted, mapped)
        return Accepted(events, mapped.problems, source.form.redirect)

    def _authenticated(self, posted: Posted) -> tuple[Posted, Delivery]:
        """Authenticate a delivery, and name the secrets that it was verified with. Raises Unauthenticated, TooLarge.

        An admin may have replaced a secret since it was read, and not every sender retries a refused delivery.
        """
        try:
            return posted, self._verified(posted)
        except Unauthenticated:
            renewed = replace(posted, secrets=self._secrets(posted.source.name, self.secrets.refreshed))
            if renewed.secrets == posted.secrets:
                raise
            return renewed, self._verified(renewed)

    def _verified(self, posted: Posted) -> Delivery:
        """Verify the delivery by the secrets of `posted`. Raises Unauthenticated, TooLarge."""
        if len(posted.body) > MAX_BODY:
            raise TooLarge(BODY_TOO_LARGE(count=MAX_BODY, found=len(posted.body)))
        source, headers, body, now = posted.source, posted.headers, posted.body, self.clock.now()
        verified = signatures.verify(source.scheme, posted.secrets, headers, body, now)
        country = self.save_record.default_country
        return Delivery(source, headers, body, verified.delivery_id, now, country, self._cause(headers))

    def _cause(self, headers: Mapping[str, str]) -> Cause:
        """Return the cause that a call of our own carries; of any other delivery, only its sender's trace context."""
        cause = self._own_cause(headers)
        return replace(cause, trace=trace.taken(headers.get(trace.HEADER), cause.root))

    def _own_cause(self, headers: Mapping[str, str]) -> Cause:
        if cause_header.HEADER not in headers:
            return Cause()
        try:
            key = self.secrets.get(cause_header.SECRET).get("key")
        except NotFound:
            return Cause()
        return (cause_header.read(headers, key) if isinstance(key, str) else None) or Cause()

    def _taken(self, delivery: Delivery) -> tuple[MappingResult, tuple[Event, ...]]:
        """Map the delivery, write its records, then build and publish its events."""
        is_form = delivery.source.scheme.kind in FORM_SCHEMES
        mapped = map_delivery(delivery)
        origin = f"{'form' if is_form else 'source'}:{delivery.source.name}"
        written = [write_item(self.save_record, item, delivery, origin) for item in mapped.items]
        events = tuple(replace(item.event(record), cause=delivery.cause) for item, record in written)
        if events:
            self.bus.publish(events)
        return replace(mapped, items=tuple(item for item, _ in written)), events

    def _secrets(self, name: str, read: Callable[[str], Mapping[str, Any]]) -> list[str]:
        try:
            kept = read(f"sources/{name}")
        except NotFound:
            return []  # only a scheme that needs no secret can be verified now
        return [value for key in ("secret", "previous_secret") if isinstance(value := kept.get(key), str) and value]
