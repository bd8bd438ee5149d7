"""Read a lead as the Graph API gives it, as flat fields of a record and as the event `meta_lead.created`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from whenthen.domain.common import ids
from whenthen.domain.common.errors import Malformed
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events.event import Event, format_time
from whenthen.domain.events.identities import email, identities_of, phone
from whenthen.sources.meta.notification import LeadRef, lead_time
from whenthen.sources.parsing.json_body import mappings, present, text, text_id

OTHER_LEAD = ReasonCode("lead.other_lead")

GRAPH_FIELDS = (
    "id,created_time,field_data,custom_disclaimer_responses,form_id,ad_id,ad_name,adset_id,adset_name,"
    "campaign_id,campaign_name,is_organic,platform,partner_name"
)
"""Fields to request from the Graph API: by default it gives neither the campaign nor the consent boxes."""

LISTED_FIELDS = "id,created_time,form_id,ad_id"
"""Fields to request of each lead in a form's list: its ids and its time. The rest is fetched lead by lead."""

LONGEST_ANSWER = 4_000
"""Characters that are kept of one answer."""

_AMERICAN_DATE = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_TEST_ANSWER = "<test lead:"
_CAMPAIGN = (
    "form_id",
    "ad_id",
    "ad_name",
    "adset_id",
    "adset_name",
    "campaign_id",
    "campaign_name",
    "platform",
    "partner_name",
)


def lead_event(lead: LeadRef, document: Mapping[str, Any], default_country: str | None, now: datetime) -> Event:
    """Make the event of a lead from the Graph API's answer. Raises Malformed if the answer is not this lead.

    Its time is when the lead was submitted, or `now` if neither Meta's notification nor its answer says so.
    """
    if text_id(document.get("id")) != lead.leadgen_id:
        raise Malformed(OTHER_LEAD())
    submitted = lead_time(document.get("created_time")) or lead_time(lead.created_time) or now
    fields = lead_fields(document, default_country)
    known = {
        "page_id": lead.page_id,
        "form_id": lead.form_id,
        "ad_id": lead.ad_id,
        "submitted_at": format_time(submitted),
    }
    return Event(
        id=lead_event_id(lead.leadgen_id),
        source="meta",
        type="meta_lead.created",
        time=submitted,
        identities=identities_of(fields, default_country),
        data=present(known) | fields,
        origin="source:meta",
    )


def lead_event_id(leadgen_id: str) -> str:
    """Make the id of a lead's event, the same for every notification and every comparison that finds the lead."""
    return ids.event_id("meta", f"lead:{leadgen_id}")


def lead_fields(document: Mapping[str, Any], default_country: str | None) -> dict[str, Any]:
    """Read the record fields from the Graph API's answer; fields that the lead does not give are absent.

    leadgen_id, form_id, ad_id, ad_name, adset_id, adset_name, campaign_id, campaign_name, platform, partner_name
                   texts, of the advertisement
    is_organic, is_test
                   bool
    full_name, first_name, last_name, email, phone (E.164), company_name, job_title, street, city, state, post_code,
    country, birth_date (ISO 8601), gender, work_email, work_phone
                   from Meta's ready-made questions; an unreadable answer, such as a telephone number of three
                   digits, stays under `answers`
    answers        the form's own questions → text, or a list of texts where several were chosen
    consents       box → whether it was ticked
    """
    fields: dict[str, Any] = {"leadgen_id": text_id(document.get("id"))}
    fields |= {name: text_id(document.get(name)) for name in _CAMPAIGN}
    fields["is_organic"] = document.get("is_organic") if isinstance(document.get("is_organic"), bool) else None
    answers: dict[str, Any] = {}
    for question, values in _questions(document):
        name, read = _READY_MADE.get(question, (None, None))
        value = read(values[0], default_country) if read and len(values) == 1 else None
        if name is not None and value is not None and fields.get(name) in (None, value):
            fields[name] = value
        else:
            answers[question] = values[0] if len(values) == 1 else values
    if "full_name" not in fields:
        fields["full_name"] = " ".join(filter(None, (fields.get("first_name"), fields.get("last_name")))) or None
    fields["is_test"] = any(_is_test(values) for _, values in _questions(document))
    boxes = mappings(document.get("custom_disclaimer_responses"))
    consents = {
        box["checkbox_key"]: _is_ticked(box.get("is_checked")) for box in boxes if text(box.get("checkbox_key"))
    }
    return present(fields | {"answers": answers or None, "consents": consents or None})


def _questions(document: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """Return (question, its answers) in the form's order, without questions that have no answer."""
    found = []
    for item in mappings(document.get("field_data")):
        values = item.get("values")
        texts = (
            [str(value)[:LONGEST_ANSWER] for value in values if isinstance(value, str | int | float)]
            if isinstance(values, list)
            else []
        )
        if text(item.get("name")) and texts:
            found.append((item["name"], texts))
    return found


def _is_test(values: list[str]) -> bool:
    """Recognise Meta's Lead Ads Testing Tool, which answers each question with `<test lead: dummy data for …>`."""
    return any(value.startswith(_TEST_ANSWER) for value in values)


def _is_ticked(value: Any) -> bool:
    """Read a box, for which Meta writes "1" or ""; a boolean is taken too."""
    return value is True or value in ("1", "true")


def _text(answer: str, _country: str | None) -> str | None:
    return None if answer.startswith(_TEST_ANSWER) else answer.strip() or None


def _email(answer: str, _country: str | None) -> str | None:
    return email(answer)


def _date(answer: str, _country: str | None) -> str | None:
    """Read a date of birth, which Meta writes as month/day/year."""
    parts = _AMERICAN_DATE.fullmatch(answer.strip())
    try:
        return (date(int(parts[3]), int(parts[1]), int(parts[2])) if parts else date.fromisoformat(answer)).isoformat()
    except ValueError:
        return None


_READY_MADE: dict[str, tuple[str, Callable[[str, str | None], str | None]]] = {
    "full_name": ("full_name", _text),
    "first_name": ("first_name", _text),
    "last_name": ("last_name", _text),
    "email": ("email", _email),
    "phone_number": ("phone", phone),
    "phone": ("phone", phone),
    "company_name": ("company_name", _text),
    "job_title": ("job_title", _text),
    "street_address": ("street", _text),
    "city": ("city", _text),
    "state": ("state", _text),
    "province": ("state", _text),
    "post_code": ("post_code", _text),
    "zip_code": ("post_code", _text),
    "country": ("country", _text),
    "date_of_birth": ("birth_date", _date),
    "gender": ("gender", _text),
    "work_email": ("work_email", _email),
    "work_phone_number": ("work_phone", phone),
}
"""Meta's ready-made question → the record field that it fills, and the reader of its answer."""
