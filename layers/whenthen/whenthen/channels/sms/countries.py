"""Say what each country allows of an SMS: who may send it, which content passes, and how a person can answer.

Facts of AWS's pages on countries and registrations, and of the countries' laws, as of November 2026. A country without
a row has DEFAULT: the provider knows the rest, and says so in its answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.common.values import folded
from whenthen.domain.events.stop_words import SMS_STOP_WORDS

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason

# The country's networks take no messages under a name; `sender` is the one that the step or the stack has.
NO_SENDER_IDS = ReasonCode("sms.no_sender_ids", "country", "sender")
# Marketing messages are not let through to the country.
NO_MARKETING = ReasonCode("sms.no_marketing", "country")
# The country's networks block or mask messages with a link.
NO_LINKS = ReasonCode("sms.no_links", "country")
# A marketing message says nowhere how to stop them.
NO_OPT_OUT = ReasonCode("sms.no_opt_out", "country")

LINK = re.compile(r"(?i)\b(?:https?://|www\.)\S|\b[a-z0-9-]+\.(?:com|net|org|info|io|co|ly|me|app|link|tr|hu|id|il)/\S")
"""Match what a network takes for a link, also without a scheme."""

SENDER_ID = re.compile(r"(?=[0-9_-]*[A-Za-z])[A-Za-z0-9_-]{1,11}")
"""Match a sender id: up to eleven characters with a letter. Numbers, pools and ARNs are longer, or have none."""

_NUMBER = re.compile(r"\+?[0-9][0-9 ()/-]{2,}")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)?")


class Country(Struct, frozen=True):
    """Describe one country.

    sender_ids  whether a message may come under a name
    two_way     whether people can answer the number that a message comes from
    links       whether networks let links through
    marketing   whether marketing messages are let through
    opt_in      whether marketing needs a yes that was given before
    """

    sender_ids: bool = True
    two_way: bool = True
    links: bool = True
    marketing: bool = True
    opt_in: bool = True


DEFAULT = Country()

COUNTRIES: Mapping[str, Country] = {
    # Names are registered and one-way, for transactional messages only; since April 2026 links are blocked or masked.
    "TR": Country(two_way=False, links=False, marketing=False),
    "HU": Country(),
    # Names are registered, and one-way.
    "ID": Country(two_way=False),
    "IL": Country(two_way=False),
    "US": Country(sender_ids=False),
    "CA": Country(sender_ids=False),
}


def country_of(number: str) -> str:
    """Return the country (ISO 3166 alpha-2) of a number in E.164; empty if it has none."""
    import phonenumbers  # noqa: PLC0415 - loads tables of numbers

    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number, None)) or ""
    except phonenumbers.NumberParseException:
        return ""


def against(country: str, text: str, sender: str, *, marketing: bool, any_links: bool) -> Reason | None:
    """Return the reason for which a message must not go to a country; None if it may.

    any_links  whether links are sent wherever, since the sender had them admitted
    """
    row = COUNTRIES.get(country, DEFAULT)
    name = SENDER_ID.fullmatch(sender) is not None
    if name and not row.sender_ids:
        return NO_SENDER_IDS(country=country, sender=sender)
    if marketing and not row.marketing:
        return NO_MARKETING(country=country)
    if not row.links and not any_links and LINK.search(text):
        return NO_LINKS(country=country)
    if marketing and not says_how_to_stop(text, two_way=row.two_way and not name):
        return NO_OPT_OUT(country=country)
    return None


def says_how_to_stop(text: str, *, two_way: bool) -> bool:
    """Tell whether a text names a way to stop messages: a link, or a stop word, with a number if it has no answers."""
    if LINK.search(text):
        return True
    words = {folded(word) for word in _WORD.findall(text)}
    return bool(words & SMS_STOP_WORDS) and (two_way or _NUMBER.search(text) is not None)
