"""Describe schemes as JSON Schema: one definition for each row of `SETTINGS`."""

from __future__ import annotations

from collections.abc import Mapping

from whenthen.domain.schemas.parts import Schema, choice, constant, noted, nullable, patterned, record, ref, text
from whenthen.sources.signing.schemes import DESCRIPTIONS, ENCODINGS, HEADER_NAME, LONGEST_SETTING, SETTINGS

_SETTINGS: Mapping[str, Schema] = {
    "header": patterned(HEADER_NAME.pattern),
    "prefix": text(LONGEST_SETTING),
    "encoding": choice(ENCODINGS),
    "delivery_header": nullable(patterned(HEADER_NAME.pattern)),
    "field": {"minLength": 1, **text(LONGEST_SETTING)},
}


def _scheme_name(kind: str) -> str:
    return "".join(part.capitalize() for part in kind.split("_")) + "Scheme"


def _scheme(kind: str, settings: Mapping[str, str | None]) -> Schema:
    members = {
        "kind": {"description": "The kind of scheme.", **constant(kind)},
        **{name: noted(_SETTINGS[name], DESCRIPTIONS[name], default=default) for name, default in settings.items()},
    }
    return record(_scheme_name(kind), DESCRIPTIONS[kind], members, required=("kind",), never_null=tuple(settings))


DEFINITIONS: dict[str, Schema] = {
    **{_scheme_name(kind): _scheme(kind, settings) for kind, settings in SETTINGS.items()},
    "SchemeKind": {"title": "SchemeKind", "description": "A scheme with its usual settings.", **choice(SETTINGS)},
    "Scheme": {
        "title": "Scheme",
        "description": "How a source proves itself: by name, or with its settings.",
        "oneOf": [ref("SchemeKind"), *(ref(_scheme_name(kind)) for kind in SETTINGS)],
        "examples": ["stripe", {"kind": "hmac_sha256", "header": "X-Signature"}],
    },
}
