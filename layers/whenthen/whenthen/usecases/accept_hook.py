"""accept_hook: what a configured source reports, made durable before it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from whenthen.domain.errors import NotFound
from whenthen.domain.events import Event
from whenthen.ports import Bus, Clock, Secrets, SourceStore
from whenthen.sources import signatures
from whenthen.sources.forms import read_form
from whenthen.sources.mapped import Delivery, Mapped, map_body, map_json
from whenthen.sources.mapping import Source, parse_source
from whenthen.usecases.save_record import SaveRecord

_FORM_SCHEMES = frozenset({"form_token", "dangerous_open_form"})


@dataclass(frozen=True, slots=True)
class Accepted:
    """The events that a delivery became, and what of it could not be read."""

    events: tuple[Event, ...]
    problems: tuple[str, ...] = ()
    redirect: str | None = None


@dataclass(frozen=True, slots=True)
class AcceptHook:
    """Takes the deliveries of generic sources."""

    sources: SourceStore
    secrets: Secrets
    save_record: SaveRecord
    bus: Bus
    clock: Clock

    def __call__(self, name: str, headers: Mapping[str, str], body: bytes) -> Accepted:
        """Raises NotFound for an unknown source, Unauthenticated, Malformed; Temporary when not all is durable."""
        source = parse_source(self.sources.get(name))
        now = self.clock.now()
        verified = signatures.verify(source.scheme, self._secrets(name), headers, body, now)
        delivery = Delivery(source, headers, body, verified.delivery_id, now, self.save_record.default_country)
        mapped = _map_form(delivery) if source.scheme.kind in _FORM_SCHEMES else map_json(delivery)
        for upsert in mapped.records:
            self.save_record.upsert(upsert.kind, upsert.id, upsert.fields, origin=f"source:{name}")
        if mapped.events:
            self.bus.publish(mapped.events)
        return Accepted(mapped.events, mapped.problems, source.form.redirect)

    def _secrets(self, name: str) -> list[str]:
        try:
            kept = self.secrets.get(f"sources/{name}")
        except NotFound:
            return []  # only a scheme that asks for no secret can be verified now
        return [value for key in ("secret", "previous_secret") if isinstance(value := kept.get(key), str) and value]


def _map_form(delivery: Delivery) -> Mapped:
    form = read_form(delivery.raw, delivery.headers.get("content-type", ""))
    honeypot = delivery.source.form.honeypot
    if honeypot and form.text(honeypot):
        return Mapped(problems=("the field that people do not see was filled in",))
    hidden = _hidden_fields(delivery.source)
    files: list[dict[str, Any]] = [
        {"field": upload.field, "name": upload.name, "type": upload.type, "size": len(upload.content)}
        for upload in form.files
    ]
    fields = {name: value for name, value in form.fields.items() if name not in hidden}
    return map_body(delivery, {"fields": fields, "files": files})


def _hidden_fields(source: Source) -> set[str]:
    """Fields that are no answers: the token, and the honeypot."""
    return {source.scheme.field, source.form.honeypot or ""}
