"""Read SES's results (SPF, DKIM, DMARC, spam, virus) from the headers that it puts on top of a stored mail:

    Return-Path: <ayse@example.com>
    Received: from mx.example.com (mx.example.com [192.0.2.10]) by inbound-smtp.eu-central-1.amazonaws.com with SMTP
     id 7v1q0 for hello@balcony.example; Sat, 14 Mar 2026 09:30:05 +0000 (UTC)
    X-SES-Spam-Verdict: PASS
    X-SES-Virus-Verdict: PASS
    Received-SPF: …
    Authentication-Results: amazonses.com; spf=pass (spfCheck: …) client-ip=192.0.2.10;
     envelope-from=ayse@example.com; helo=mx.example.com; dkim=pass header.i=@example.com;
     dmarc=pass header.from=example.com;
    X-SES-RECEIPT: …

The sender of a mail chooses some of these words (the envelope's sender, the name by which the sending host greets,
the domains of signatures) and every header below. So only words that nobody but SES can have written are trusted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct, field

from whenthen.domain.events.identities import email
from whenthen.sources.email.headers import time_of

if TYPE_CHECKING:
    from whenthen.sources.email.mime import Mail

SERVICE = "amazonses.com"
"""The name under which SES gives its results."""

_OWN = frozenset({"return-path", "received", "received-spf", "authentication-results"})
_LAST = "x-ses-receipt"
_ENDS_A_CLAUSE = frozenset(';"\\')
_BY = " by inbound-smtp."
_FOR = re.compile(r" for <?([^\s<>;]{1,320})>?\Z")
_CLAUSE = re.compile(r"\s*(spf|dkim|dmarc|envelope-from)\s*=\s*(\S*)(.*)", re.IGNORECASE | re.DOTALL)
_PROPERTY = re.compile(r"\s(header\.[a-z]+)=(\S+)")
_ABOUT = {"dkim": "header.i", "dmarc": "header.from"}
_LONGEST = 8_000
"""Characters of results that are read: dozens of signatures. A longer header was cut, and its end is missing."""


class Authentication(Struct, frozen=True):
    """Hold SES's results for a mail.

    id           SES's own id of the mail, and the name of the stored object
    time         time at which SES accepted the mail
    recipients   those of the envelope, to whom the mail was delivered
    verdicts     of spam and virus (PASS, FAIL, GRAY, PROCESSING_FAILED, DISABLED), and of spf, dkim and dmarc (PASS,
                 FAIL, NONE, SOFTFAIL, NEUTRAL, TEMPERROR, PERMERROR …); absent if SES gave none
    vouched      domain whose senders the results authenticate: a From of another domain may be anybody's
    return_path  address for errors: empty for mail that must not be answered, None if unknown
    """

    id: str | None = None
    time: datetime | None = None
    recipients: tuple[str, ...] = ()
    verdicts: Mapping[str, str] = field(default_factory=dict)
    vouched: str | None = None
    return_path: str | None = None


class _Clause(Struct, frozen=True):
    """Hold a result (`dkim=pass header.i=@example.com`) or its basis (`envelope-from=ayse@example.com`)."""

    name: str
    value: str
    domain: str


class _Arrival(Struct, frozen=True):
    """Hold SES's own Received header. `plain`: no word of the sender in it could pass for one of SES."""

    plain: bool = False
    recipients: tuple[str, ...] = ()
    time: datetime | None = None


def authentication_of_headers(mail: Mail, external_id: str | None) -> Authentication:
    """Read SES's headers of a stored mail; `external_id` is the stored object's name."""
    own = _of_ses(mail)
    arrival = _arrival(own)
    said = _clauses(own.get("authentication-results", "")) if arrival.plain else []
    verdicts = {name: mail.header(f"x-ses-{name}-verdict").upper() for name in ("spam", "virus")}
    verdicts |= {name: _verdict(said, name) for name in ("spf", "dkim", "dmarc")}
    return Authentication(
        id=external_id,
        time=arrival.time,
        recipients=arrival.recipients,
        verdicts={name: verdict for name, verdict in verdicts.items() if verdict},
        vouched=_vouched(said),
        return_path=mail.header("return-path").strip("<> ") if mail.has("return-path") else None,
    )


def _of_ses(mail: Mail) -> dict[str, str]:
    """Return SES's own headers: the block at the top, up to the first repeated name or name that SES does not write."""
    own: dict[str, str] = {}
    for name, value in mail.headers:
        if name in own or not (name in _OWN or name.startswith("x-ses-")):
            break
        own[name] = value
        if name == _LAST:
            break
    return own


def _arrival(own: Mapping[str, str]) -> _Arrival:
    """Read the Received header from its end, which SES writes; the sending host chose its beginning."""
    greeting, by, rest = own.get("received", "").rpartition(_BY)
    if not by:
        return _Arrival()
    way, _, date = rest.rpartition(";")
    chosen = set(greeting + own.get("return-path", '"'))
    return _Arrival(not chosen & _ENDS_A_CLAUSE, _addresses(_FOR.findall(way)), time_of(date))


def _clauses(results: str) -> list[_Clause]:
    """Read the clauses of Authentication-Results that matter; none if they are not SES's."""
    service, *clauses = _bare(results).split(";")
    if service.strip().lower() != SERVICE or len(results) > _LONGEST:
        return []
    return [_clause(found[1].lower(), found[2], found[3]) for clause in clauses if (found := _CLAUSE.fullmatch(clause))]


def _clause(name: str, value: str, rest: str) -> _Clause:
    if name == "envelope-from":
        return _Clause(name, value, _domain(value))
    written = dict(_PROPERTY.findall(rest))
    return _Clause(name, value.upper(), _domain(written.get(_ABOUT.get(name, ""), "")))


def _domain(address: str) -> str:
    return address.rpartition("@")[2].strip("<>").rstrip(".").lower()


def _bare(results: str) -> str:
    """Blank quoted strings and comments, which nest; one that never closes reaches to the end."""
    kept: list[str] = []
    depth, quoted, escaped = 0, False, False
    for character in results:
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif quoted:
            quoted = character != '"'
        elif character == '"' and not depth:
            quoted = True
        elif character == "(":
            depth += 1
        elif character == ")":
            depth = max(depth - 1, 0)
        elif not depth:
            kept.append(character)
            continue
        kept.append(" ")
    return "".join(kept)


def _verdict(said: Sequence[_Clause], name: str) -> str:
    """Return the verdict of a check. One valid DKIM signature passes; of any other check, differing results fail."""
    values = [clause.value for clause in said if clause.name == name]
    if name == "dkim" and "PASS" in values:
        return "PASS"
    return "FAIL" if len(set(values)) > 1 and name != "dkim" else next(reversed(values), "")


def _vouched(said: Sequence[_Clause]) -> str | None:
    """Return the domain that DMARC passed for; or one without DMARC that passed SPF or signed the mail.

    Only that very domain: without a list of public suffixes, nothing tells which others belong to the same owner.
    """
    dmarc = _only(said, "dmarc")
    if dmarc is None or not dmarc.domain:
        return None
    signed = {clause.domain for clause in said if clause.name == "dkim" and clause.value == "PASS"}
    spf, envelope = _only(said, "spf"), _only(said, "envelope-from")
    sent = {envelope.domain} if envelope and spf and spf.value == "PASS" else set()
    holds = dmarc.value == "PASS" or (dmarc.value == "NONE" and dmarc.domain in signed | sent)
    return dmarc.domain if holds else None


def _only(said: Sequence[_Clause], name: str) -> _Clause | None:
    named = [clause for clause in said if clause.name == name]
    return named[0] if len(named) == 1 else None


def _addresses(written: Iterable[str]) -> tuple[str, ...]:
    found = [email(address) for address in written]
    return tuple(dict.fromkeys(address for address in found if address is not None))
