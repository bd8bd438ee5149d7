"""Note each change of a person's consent: on which channel, from when on, who made it, and why.

The log is part of the record, and no field of it: nobody writes it but the code that writes consent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from whenthen.domain.records.consent import read_consent

MAX_CHANGES = 50
"""Changes that a record keeps, the newest: each is at most some hundred bytes of its item."""

_LONGEST = 200


class Ground(Struct, frozen=True):
    """Say why a consent changes: the type of the event that says so, the identity that it is about, and its time."""

    event: str = ""
    identity: str = ""
    at: datetime | None = None


NO_GROUND = Ground()
"""Stands for a change that somebody simply wrote, through the API, an import, a form or a source."""


class ConsentChange(Struct, frozen=True, omit_defaults=True):
    """Hold one change.

    channel   the channel, or `all` for those that the consent does not name
    agreed    whether messages may be sent there; None: the word was taken back
    at        when the person said it, or else when it was written
    by        who wrote it, as in Event.origin
    event     type of the event that said so, such as `sms.received`; empty: a record was simply written
    identity  the address that the event is about
    run       the run that wrote it, if a rule did
    """

    channel: str
    agreed: bool | None
    at: datetime
    by: str
    event: str = ""
    identity: str = ""
    run: str = ""


class ConsentWord(Struct, frozen=True):
    """Hold what somebody said of a channel at one address, when, and the type of the event that says so, if one does.

    Such words are kept apart from records: of people without one, and of those whose record was deleted.
    """

    agreed: bool
    at: datetime
    event: str = ""


def consent_changes(before: Any, after: Any, by: ConsentChange) -> list[ConsentChange]:
    """Return a change for each channel on which two consents, in any shape, differ. `by` says who, when and why."""
    was, now = read_consent(before), read_consent(after)
    return [
        ConsentChange(channel, now.get(channel), by.at, by.by, by.event, by.identity, by.run)
        for channel in sorted(was.keys() | now.keys())
        if was.get(channel) is not now.get(channel)
    ]


def written_by(origin: str, now: datetime, runs: Sequence[str], ground: Ground = NO_GROUND) -> ConsentChange:
    """Say who writes, when and why. `runs`: those behind the change, the last of which makes it."""
    run = runs[-1] if runs and not ground.event else ""
    return ConsentChange("", None, ground.at or now, origin[:_LONGEST], ground.event, ground.identity[:_LONGEST], run)


def logged(log: Sequence[ConsentChange], new: Sequence[ConsentChange]) -> tuple[ConsentChange, ...]:
    """Return the log with new changes, oldest first; the oldest are dropped."""
    return (*log, *new)[-MAX_CHANGES:]


def logs_merged(
    mine: Sequence[ConsentChange], theirs: Sequence[ConsentChange], new: Sequence[ConsentChange]
) -> tuple[ConsentChange, ...]:
    """Return the log of two records of one person, by time, with what the merge itself changed."""
    return logged(sorted((*mine, *theirs), key=lambda change: change.at), new)
