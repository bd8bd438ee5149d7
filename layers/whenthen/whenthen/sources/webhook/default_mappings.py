"""Give the mappings of a scheme, for sources whose admin wrote none."""

from __future__ import annotations

from functools import cache
from typing import Any

from whenthen.sources.github import mappings as github
from whenthen.sources.stripe import mappings as stripe
from whenthen.sources.webhook.mapping import EventMapping, Source, parse_mappings

STANDARD_WEBHOOKS: list[dict[str, Any]] = [
    {
        "type_from": "body.type",
        "time": "body.timestamp",
        "identities": "(body.data || body).{phone: phone || customer.phone, email: email || customer.email}",
        "data": "body.data || body",
    },
]
"""Reads bodies as the specification advises: `type`, `timestamp`, `data`. Some senders leave `data` out."""

FORM: list[dict[str, Any]] = [
    {
        "type": "form.submitted",
        "identities": "{phone: named(body.fields, 'phone'), email: named(body.fields, 'email')}",
        "data": "{form: source, fields: body.fields, files: body.files}",
    },
]
"""Reads a form under any of the usual names of its fields for phone and e-mail."""

_OF_SCHEME: dict[str, list[dict[str, Any]]] = {
    "standard_webhooks": STANDARD_WEBHOOKS,
    "stripe": stripe.MAPPINGS,
    "github": github.MAPPINGS,
    "form_token": FORM,
    "dangerous_open_form": FORM,
}


@cache
def default_mappings(scheme: str) -> tuple[EventMapping, ...]:
    """Return the mappings of a scheme; none if its bodies can be anything."""
    return parse_mappings(_OF_SCHEME.get(scheme, []))


def mappings_of(source: Source) -> tuple[EventMapping, ...]:
    """Return the mappings of a source: its own, or those of its scheme."""
    return source.mappings or default_mappings(source.scheme.kind)
