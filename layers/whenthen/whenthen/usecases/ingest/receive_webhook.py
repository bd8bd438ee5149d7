"""receive_webhook: what a configured source reports, made durable before it is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common import ids
from whenthen.domain.common.errors import NotFound, Refused, TooLarge, Unauthenticated
from whenthen.ports.values import SourceUpdate, WriteResult
from whenthen.sources.signing import signatures
from whenthen.sources.signing.schemes import FORM_SCHEMES
from whenthen.sources.webhook.delivery import Delivery, map_form, map_json
from whenthen.sources.webhook.mapping import parse_source
from whenthen.usecases.ingest.record_rejection import Posted

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event
    from whenthen.ports.administration import SourceStore
    from whenthen.ports.clock import Clock
    from whenthen.ports.events import Bus
    from whenthen.ports.providers import Secrets
    from whenthen.sources.webhook.delivery import Item, MappingResult
    from whenthen.usecases.ingest.record_rejection import RecordRejection
    from whenthen.usecases.records.save_record import SaveRecord

MAX_BODY = 200_000
"""Bytes of a delivery."""


class Accepted(Struct, frozen=True):
    """The events that a delivery became, and what of it could not be read."""

    events: tuple[Event, ...]
    problems: tuple[str, ...] = ()
    redirect: str | None = None


class ReceiveWebhook(Struct, frozen=True):
    """Takes the deliveries of generic sources."""

    sources: SourceStore
    secrets: Secrets
    save_record: SaveRecord
    bus: Bus
    rejections: RecordRejection
    clock: Clock

    def __call__(self, name: str, headers: Mapping[str, str], body: bytes) -> Accepted:
        """Raises NotFound for an unknown source, Unauthenticated, TooLarge, Malformed; Temporary when not all is
        durable. Whatever is refused, and what no mapping or no record takes, is kept for the source's admin."""
        source = parse_source(self.sources.get(name), saved=True)
        posted = Posted(source, headers, body, self._secrets(name, self.secrets.get))
        try:
            posted, delivery = self._proven(posted)
        except Refused as error:
            self.rejections.unauthenticated(posted, error)
            raise
        try:
            mapped = self._taken(delivery)
        except Refused as error:
            self.rejections.refused(posted, error)
            raise
        if mapped.untaken or mapped.refused:
            self.rejections.unmapped(posted, mapped)
        return Accepted(mapped.events, mapped.problems, source.form.redirect)

    def _proven(self, posted: Posted) -> tuple[Posted, Delivery]:
        """What was posted, with the secrets that it was proven under. Raises Unauthenticated, TooLarge.

        A secret may have been replaced since it was read, and not every sender repeats what was refused.
        """
        try:
            return posted, self._verified(posted)
        except Unauthenticated:
            renewed = replace(posted, secrets=self._secrets(posted.source.name, self.secrets.refreshed))
            if renewed.secrets == posted.secrets:
                raise
            return renewed, self._verified(renewed)

    def _verified(self, posted: Posted) -> Delivery:
        """The delivery, once it is proven to come from its source. Raises Unauthenticated, TooLarge."""
        if len(posted.body) > MAX_BODY:
            raise TooLarge(f"a body of at most {MAX_BODY} bytes is taken, this one has {len(posted.body)}")
        source, headers, body, now = posted.source, posted.headers, posted.body, self.clock.now()
        verified = signatures.verify(source.scheme, posted.secrets, headers, body, now)
        return Delivery(source, headers, body, verified.delivery_id, now, self.save_record.default_country)

    def _taken(self, delivery: Delivery) -> MappingResult:
        """What the delivery becomes, once all of it is durable."""
        is_form = delivery.source.scheme.kind in FORM_SCHEMES
        mapped = map_form(delivery) if is_form else map_json(delivery)
        origin = f"{'form' if is_form else 'source'}:{delivery.source.name}"
        items = tuple(self._written(item, origin, delivery.now) for item in mapped.items)
        mapped = replace(mapped, items=items)
        if mapped.events:
            self.bus.publish(mapped.events)
        return mapped

    def _written(self, item: Item, origin: str, now: datetime) -> Item:
        """The item once its record is written, now or by an earlier delivery: its event may still have to be told.

        A record that cannot be written costs neither its event nor other items.
        """
        upsert = item.record
        if upsert is None:
            return item
        told = ids.source_update_id(upsert.event, upsert.said)
        update = SourceUpdate(told, item.event.source, heard=now, at=upsert.at and min(upsert.at, now))
        try:
            record, noted = self.save_record.upsert_idempotent(
                update, upsert.kind, upsert.id, upsert.fields, origin=origin
            )
        except Refused as error:
            return item.without_record(error.reason)
        written = item.about(record)
        return written.after_newer() if noted is WriteResult.STALE else written

    def _secrets(self, name: str, read: Callable[[str], Mapping[str, Any]]) -> list[str]:
        try:
            kept = read(f"sources/{name}")
        except NotFound:
            return []  # only a scheme that asks for no secret can be verified now
        return [value for key in ("secret", "previous_secret") if isinstance(value := kept.get(key), str) and value]
