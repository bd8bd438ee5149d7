"""accept_hook: what a configured source reports, made durable before it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.errors import NotFound
from whenthen.sources import signatures
from whenthen.sources.mapped import FORM_SCHEMES, Delivery, map_form, map_json
from whenthen.sources.mapping import parse_source

if TYPE_CHECKING:
    from whenthen.domain.events import Event
    from whenthen.ports.administration import SourceStore
    from whenthen.ports.clock import Clock
    from whenthen.ports.events import Bus
    from whenthen.ports.outside import Secrets
    from whenthen.usecases.save_record import SaveRecord


class Accepted(Struct, frozen=True):
    """The events that a delivery became, and what of it could not be read."""

    events: tuple[Event, ...]
    problems: tuple[str, ...] = ()
    redirect: str | None = None


class AcceptHook(Struct, frozen=True):
    """Takes the deliveries of generic sources."""

    sources: SourceStore
    secrets: Secrets
    save_record: SaveRecord
    bus: Bus
    clock: Clock

    def __call__(self, name: str, headers: Mapping[str, str], body: bytes) -> Accepted:
        """Raises NotFound for an unknown source, Unauthenticated, Malformed; Temporary when not all is durable."""
        source = parse_source(self.sources.get(name), saved=True)
        now = self.clock.now()
        verified = signatures.verify(source.scheme, self._secrets(name), headers, body, now)
        delivery = Delivery(source, headers, body, verified.delivery_id, now, self.save_record.default_country)
        mapped = map_form(delivery) if source.scheme.kind in FORM_SCHEMES else map_json(delivery)
        way = "form" if source.scheme.kind in FORM_SCHEMES else "source"
        for upsert in mapped.records:
            self.save_record.upsert(upsert.kind, upsert.id, upsert.fields, origin=f"{way}:{name}")
        if mapped.events:
            self.bus.publish(mapped.events)
        return Accepted(mapped.events, mapped.problems, source.form.redirect)

    def _secrets(self, name: str) -> list[str]:
        try:
            kept = self.secrets.get(f"sources/{name}")
        except NotFound:
            return []  # only a scheme that asks for no secret can be verified now
        return [value for key in ("secret", "previous_secret") if isinstance(value := kept.get(key), str) and value]
