"""Recognise mail that a program wrote, by the signs of RFC 3834 and the older ones of mail programs.

An out-of-office note is no answer: it must stop no sequence and change no consent. Nothing registers the headers by
which programs mark their mail; most are names made of the same few words, so these words are looked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from whenthen.domain.events.identities import email

if TYPE_CHECKING:
    from whenthen.sources.email.authentication import Authentication
    from whenthen.sources.email.mime import Mail

OWN_HEADER = "x-whenthen-job"
"""Marks every mail that whenthen sends: a received mail with it is our own, come back."""

RUN_HEADER = "x-whenthen-run"
"""Names the run of the job in OWN_HEADER."""

_WORDS = re.compile(
    "auto(?:matic)?(?:respon[sd]|repl[yi]|answer|generated)|(?:holiday|vacation)(?:reply|respon)|outofoffice|machinegenerated"
)
"""Words in the names of headers, without dashes, that say that a program answers: X-Autoresponder, X-Auto-Reply."""

_ANSWERING = re.compile(r"[^@]*auto[-_ ]?(?:respon[sd]|repl[yi])[^@]*", re.IGNORECASE)
"""Such words in the values of `_NAMED_IN`. An address with them may be one of ours."""

_NAMED_IN = ("delivered-to", "x-post-messageclass", "x-mailer")
_NOT = frozenset({"no", "none", "false", "0", "off", "n"})
"""Values by which a program says that it did not write the mail."""

_BULK = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply", "autoreply"})
_PRECEDENCES = ("precedence", "x-precedence", "preference", "x-preference")
_LISTS = ("list-id", "list-unsubscribe", "list-post", "list-help", "mailing-list", "x-mailing-list")
_FAILURES = ("x-failed-recipients", "failed-recipient")
_MACHINES = re.compile("mailer[-_.]?daemon|post[-_.]?master|autorespon(?:se|der)|auto-?reply", re.IGNORECASE)
_SUBMITTED = ("auto-submitted", "x-auto-submitted")


def automatic(mail: Mail, receipt: Authentication, own_addresses: Collection[str] = ()) -> str | None:
    """Name the first sign that a program wrote the mail, such as `mailing_list`; None for a person's mail."""
    for sign, shows in _SIGNS:
        if shows(mail):
            return sign
    if receipt.return_path == "":
        return "empty_return_path"
    own = {email(address) or address for address in own_addresses}
    if any(person.address in own for person in mail.people["from"]):
        return "own_address"
    return None


def _value(mail: Mail, name: str) -> str:
    """Return the first word of a header, in lower case and without its parameters and comments."""
    return re.split(r"[;(\s]", mail.header(name).strip().lower(), maxsplit=1)[0].strip("\"'")


def _precedence(mail: Mail) -> bool:
    return any(_value(mail, name) in _BULK for name in _PRECEDENCES)


def _auto_submitted(mail: Mail) -> bool:
    return any(_value(mail, name) not in ("", *_NOT) for name in _SUBMITTED)


def _answers_by_itself(mail: Mail) -> bool:
    named = any(
        _WORDS.search(name.replace("-", "").replace("_", "")) and value.strip().lower() not in _NOT
        for name, value in mail.headers
    )
    return named or any(_ANSWERING.fullmatch(mail.header(name)) for name in _NAMED_IN)


def _is_report(mail: Mail) -> bool:
    return mail.content_type == "multipart/report" or any(mail.has(name) for name in _FAILURES)


def _from_a_machine(mail: Mail) -> bool:
    return any(_MACHINES.fullmatch(person.address.partition("@")[0]) for person in mail.people["from"])


def _of_a_list(mail: Mail) -> bool:
    return any(mail.has(name) for name in _LISTS)


def _empty_return_path(mail: Mail) -> bool:
    return mail.has("return-path") and not mail.header("return-path").strip("<> ")


_SIGNS: list[tuple[str, Callable[[Mail], bool]]] = [
    ("own_mail", lambda mail: mail.has(OWN_HEADER)),
    ("auto_submitted", _auto_submitted),
    ("delivery_report", _is_report),
    ("mail_system", _from_a_machine),
    ("precedence", _precedence),
    ("automatic_reply", _answers_by_itself),
    ("mailing_list", _of_a_list),
    ("empty_return_path", _empty_return_path),
]
