"""Whose clocks count, and who is the same person."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from whenthen.domain.records.record import Record
from whenthen.domain.sending.country_zones import zone_of_country, zone_of_number
from whenthen.domain.sending.recipients import recipient_of

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
TURKISH, INDONESIAN, AMERICAN = "+905321234567", "+6281234567890", "+12125551234"


def zone_for(identity: str, record: dict[str, Any] | None, *people: dict[str, Any]) -> str | None:
    found = [Record("contact", str(number), fields) for number, fields in enumerate(people)]
    zone = recipient_of(identity, record, found).zone(NOW)
    return zone.key if zone else None


@pytest.mark.parametrize(
    ("identity", "record", "people", "expected"),
    [
        (f"phone#{TURKISH}", None, [], "Europe/Istanbul"),
        (f"phone#{INDONESIAN}", None, [], None),
        (f"phone#{AMERICAN}", None, [], None),
        ("email#a@b.co", None, [], None),
        ("email#a@b.co", {"email": "a@b.co", "time_zone": "Asia/Jakarta", "phone": TURKISH}, [], "Asia/Jakarta"),
        ("email#a@b.co", {"email": "a@b.co", "time_zone": "Nowhere", "phone": TURKISH}, [], "Europe/Istanbul"),
        ("email#a@b.co", {"email": "a@b.co", "time_zone": 3}, [], None),
        ("email#a@b.co", {"email": "a@b.co"}, [{"email": "a@b.co", "time_zone": "Asia/Tokyo"}], "Asia/Tokyo"),
        ("email#a@b.co", {"email": "a@b.co"}, [{"email": "a@b.co", "phone": TURKISH}], "Europe/Istanbul"),
        ("email#a@b.co", {"other_emails": ["a@b.co"], "time_zone": "Asia/Jakarta"}, [], "Asia/Jakarta"),
        # A step that sends to somebody else: the record of the run says nothing about them.
        ("email#boss@b.co", {"email": "a@b.co", "time_zone": "Asia/Jakarta", "phone": TURKISH}, [], None),
        (f"phone#{TURKISH}", {"phone": AMERICAN, "time_zone": "America/New_York"}, [], "Europe/Istanbul"),
        ("whatsapp#TR.1", {"whatsapp": "TR.1", "phone": TURKISH}, [], "Europe/Istanbul"),
    ],
)
def test_the_zone_of_a_recipient(
    identity: str, record: dict[str, Any] | None, people: list[dict[str, Any]], expected: str | None
) -> None:
    assert zone_for(identity, record, *people) == expected


@pytest.mark.parametrize(
    ("country", "expected"),
    [
        ("TR", "Europe/Istanbul"),
        ("HU", "Europe/Budapest"),
        ("IL", "Asia/Jerusalem"),
        ("EG", "Africa/Cairo"),
        ("WS", "Pacific/Apia"),
        ("DE", "Europe/Berlin"),  # its second zone differs in the past only
        ("AR", "America/Argentina/Buenos_Aires"),
        ("ID", None),
        ("US", None),
        ("AU", None),
        ("ES", None),  # the Canary Islands
        ("XX", None),
    ],
)
def test_a_country_has_one_zone_if_all_its_clocks_agree(country: str, expected: str | None) -> None:
    zone = zone_of_country(country, 2026)
    assert (zone.key if zone else None) == expected


def test_a_text_that_is_no_number_has_no_zone() -> None:
    assert zone_of_number("nonsense", NOW) is None


def test_a_person_is_the_same_whichever_address_a_message_goes_to() -> None:
    both = {"email": "a@b.co", "phone": TURKISH}
    by_mail = recipient_of("email#a@b.co", both, [])
    by_phone = recipient_of(f"phone#{TURKISH}", both, [])
    through_others = recipient_of("email#a@b.co", {"email": "a@b.co"}, [Record("lead", "1", both)])
    assert by_mail.identities == by_phone.identities == through_others.identities
    assert by_mail.identities[0] == f"phone#{TURKISH}"
    stranger = recipient_of("email#boss@b.co", both, [])
    assert stranger.identities == ("email#boss@b.co",)
