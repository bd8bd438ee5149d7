"""Decide which forms of Meta to compare for leads whose webhook was lost, how often, and from which checkpoint.

A form is known since its first lead, or because an admin names it. A comparison begins at the form's checkpoint, less
an overlap, since Meta shows some leads late. It leaves the youngest for the next one, as their webhook is on its way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeGuard

from msgspec import Struct, field
from msgspec.structs import replace

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.common.reason_codes import NOT_LIST, TOO_MANY
from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.domain.events.event import parse_time

FORM_ID = ReasonCode("lead_form.id")
# `first` and `last` are years, such as 2000.
YEARS = ReasonCode("lead_form.years", "first", "last")

GRACE = timedelta(minutes=10)
"""Age from which on a lead counts as missed: webhooks of leads take up to minutes."""

OVERLAP = timedelta(hours=1)
"""Time before its checkpoint from which on a form is compared again."""

BUSY, QUIET = timedelta(minutes=5), timedelta(hours=1)
"""Pauses between comparisons of a form that had leads in the last week, and of one that had none or that Meta refused.

Meta allows 4,800 calls a day for each lead of the last ninety days, over all forms of a page: many idle forms that are
asked often would use up what the busy ones need.
"""

BUSY_FOR = timedelta(days=7)
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""Bounds of `since`: at the calendar's ends, OVERLAP and GRACE would go beyond it."""

MAX_FORMS = 200
MOST_QUEUED = 500
_FORM_ID = re.compile(r"[0-9]{1,32}")


class LeadForm(Struct, frozen=True):
    """Hold a form and the checkpoint of its comparison.

    since      checkpoint: its leads were compared up to here; the next comparison begins OVERLAP before it
    page_id    id of its page, if one of its leads gave it
    asked      `since` of an admin's settings that was applied last
    begun      start of the comparison that is under way
    after      cursor of that comparison's next page
    swept_at   time of the last call about it
    last_lead  time at which its newest lead was submitted
    missed     number of leads found so far that no webhook had brought
    queued     ids of the last of these: they must not be queued again until their events are known
    error      reason for which Meta refused the last call; None if it did not
    """

    id: str
    since: datetime
    page_id: str | None = None
    asked: datetime | None = None
    begun: datetime | None = None
    after: str | None = None
    swept_at: datetime | None = None
    last_lead: datetime | None = None
    missed: int = 0
    queued: tuple[str, ...] = ()
    error: Reason | None = None

    @classmethod
    def known_from(cls, external_id: str, moment: datetime, **known: Any) -> LeadForm:
        """Make a form whose leads are wanted from this moment on, and none from before."""
        return cls(external_id, moment + OVERLAP, **known)

    def is_due(self, now: datetime) -> bool:
        """Tell whether to compare it now."""
        if self.swept_at is None:
            return True
        is_busy = self.after is not None or (self.last_lead is not None and now - self.last_lead < BUSY_FOR)
        return now - self.swept_at >= (BUSY if is_busy and not self.error else QUIET)

    def begins_at(self, now: datetime) -> LeadForm:
        """Resume the comparison that is under way, or begin one."""
        return self if self.begun and self.after else replace(self, begun=now, after=None)

    def until(self) -> datetime:
        """Return the time after which leads are left for the next comparison."""
        return (self.begun or self.since) - GRACE

    def went(self, now: datetime, *, after: str | None, missed: Sequence[str], newest: datetime | None) -> LeadForm:
        """Note one page whose `missed` leads were queued; the checkpoint moves with the last page (`after` None)."""
        known = [time for time in (self.last_lead, newest) if time is not None]
        seen = replace(
            self,
            swept_at=now,
            after=after,
            missed=self.missed + len(missed),
            queued=(*self.queued, *missed)[-MOST_QUEUED:],
            last_lead=max(known, default=None),
            error=None,
        )
        return seen if after else replace(seen, since=max(self.since, self.until()), begun=None)

    def postponed(self, now: datetime) -> LeadForm:
        """Note that Meta was out of reach: other forms come first now, and this one resumes where it was."""
        return replace(self, swept_at=now)

    def refused(self, now: datetime, error: Reason) -> LeadForm:
        """Note that Meta refused the form. It begins at its checkpoint again: perhaps only its next page is gone."""
        return replace(self, swept_at=now, error=error, begun=None, after=None)


class LeadSettings(Struct, frozen=True):
    """Hold an admin's settings for comparing forms.

    reconcile  whether forms are compared at all
    forms      id of a form, besides those known from leads → time from which on its leads are wanted; None: from its
               first comparison
    ignore     ids of forms that are not compared
    """

    reconcile: bool = True
    forms: Mapping[str, datetime | None] = field(default_factory=dict)
    ignore: frozenset[str] = frozenset()


def read_lead_settings(document: Mapping[str, Any]) -> LeadSettings:
    """Read `{"reconcile": true, "forms": ["111", {"id": "222", "since": "2026-03-01T00:00:00Z"}], "ignore": ["333"]}`.

    Raises Invalid naming each field.
    """
    problems: list[Problem] = []
    reader = Reader(document, "", problems)
    reconcile = reader.flag("reconcile", default=True)
    written = reader.value("forms")
    if written is not None and not isinstance(written, list):
        reader.report("forms", NOT_LIST())
        written = []
    items = list(written or ())
    if len(items) > MAX_FORMS:
        reader.report("forms", TOO_MANY(count=MAX_FORMS, found=len(items)))
    forms = dict(_form(item, f"forms[{place}]", problems) for place, item in enumerate(items[:MAX_FORMS]))
    ignore = reader.texts("ignore", most=MAX_FORMS)
    for place, form in enumerate(ignore):
        _check_id(form, f"ignore[{place}]", problems)
    reader.finish()
    if problems:
        raise Invalid(problems)
    return LeadSettings(reconcile, forms, frozenset(ignore))


def _form(item: Any, path: str, problems: list[Problem]) -> tuple[str, datetime | None]:
    if isinstance(item, str):
        _check_id(item, path, problems)
        return item, None
    reader = Reader(item, path, problems)
    if not isinstance(item, Mapping):
        return "", None
    external_id, since = reader.text("id", required=True), reader.value("since")
    if external_id:
        _check_id(external_id, reader.field("id"), problems)
    reader.finish()
    if since is None:
        return external_id, None
    try:
        asked = parse_time(since, reader.field("since"))
    except Invalid as error:
        problems.extend(error.problems)
        return external_id, EARLIEST
    if not EARLIEST <= asked < LATEST:
        problems.append(Problem(reader.field("since"), YEARS(first=EARLIEST.year, last=LATEST.year - 1)))
    return external_id, asked


def _check_id(external_id: str, path: str, problems: list[Problem]) -> None:
    if not _FORM_ID.fullmatch(external_id):
        problems.append(Problem(path, FORM_ID()))


def is_form_id(external_id: Any) -> TypeGuard[str]:
    """Tell whether this can be the id of a form: it becomes part of the Graph call's address."""
    return isinstance(external_id, str) and bool(_FORM_ID.fullmatch(external_id))


def forms_to_ask(known: list[LeadForm], settings: LeadSettings, now: datetime) -> list[LeadForm]:
    """List the forms that are due, those that were compared longest ago first."""
    if not settings.reconcile:
        return []
    forms = {form.id: form for form in known}
    for external_id, asked in settings.forms.items():
        form = forms.get(external_id) or LeadForm.known_from(external_id, asked or now, asked=asked)
        if asked is not None and form.asked != asked:  # the admin changed it: compare from there again
            form = replace(form, since=asked + OVERLAP, asked=asked, begun=None, after=None, swept_at=None, queued=())
        forms[external_id] = form
    due = [form for form in forms.values() if form.id not in settings.ignore and form.is_due(now)]
    return sorted(due, key=lambda form: (form.swept_at is not None, form.swept_at or now, form.id))
