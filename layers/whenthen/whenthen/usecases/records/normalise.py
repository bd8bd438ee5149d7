"""Give the fields of a record the one form in which they are stored, through whichever entrance they come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.common.reasons import param_of
from whenthen.domain.events import identities
from whenthen.domain.records.consent import consent_lifted
from whenthen.domain.records.record import MAX_OTHERS, OTHER_FIELDS
from whenthen.usecases.records.reason_codes import ADDRESS_LIST, NO_EMAIL, NO_PHONE, NO_WHATSAPP

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import ReasonCode


def normalised(fields: Mapping[str, Any], default_country: str | None) -> dict[str, Any]:
    """Give the addresses among the fields the form that identities need, and consent its own shape.

    Raises Invalid naming each field with an address that cannot be read.
    """
    result = consent_lifted(fields)
    problems: list[Problem] = []
    for name in ("phone", "email"):
        value = result.get(name)
        if value is None or value == "":
            continue
        result[name] = _normal(name, value, default_country)
        if result[name] is None:
            problems.append(Problem(f"fields.{name}", _UNREADABLE[name](value=param_of(value))))
    for name, others in OTHER_FIELDS.items():
        if result.get(others) is not None:
            result[others] = _normalised_others(result[others], name, others, default_country, problems)
    if problems:
        raise Invalid(problems)
    return result


def _normal(name: str, value: Any, default_country: str | None) -> str | None:
    """Normalise the value of an identity field. None if it is unreadable."""
    text = identities.written(value) if name == "phone" else value
    if not isinstance(text, str) or not text:
        return None
    match name:
        case "phone":
            return identities.phone(text, default_country)
        case "email":
            return identities.email(text)
    return text


def _normalised_others(
    values: Any, name: str, field: str, default_country: str | None, problems: list[Problem]
) -> list[str]:
    if not isinstance(values, list) or len(values) > MAX_OTHERS:
        problems.append(Problem(f"fields.{field}", ADDRESS_LIST(count=MAX_OTHERS)))
        return []
    normal = [_normal(name, value, default_country) for value in values]
    problems += [
        Problem(f"fields.{field}[{place}]", _UNREADABLE[name](value=param_of(value)))
        for place, value in enumerate(values)
        if normal[place] is None
    ]
    return list(dict.fromkeys(value for value in normal if value is not None))


_UNREADABLE: Mapping[str, ReasonCode] = {"phone": NO_PHONE, "email": NO_EMAIL, "whatsapp": NO_WHATSAPP}
