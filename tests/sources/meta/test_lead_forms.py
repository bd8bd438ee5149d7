"""Forms that are asked for missed leads, when, and from when on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reasons import Reason
from whenthen.sources.meta.lead_forms import (
    BUSY,
    GRACE,
    OVERLAP,
    QUIET,
    LeadForm,
    LeadSettings,
    forms_to_ask,
    read_lead_settings,
)

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
NO_PERMISSION = Reason("meta.no_permission")


def form(external_id: str = "1", **known: Any) -> LeadForm:
    return LeadForm(external_id, **{"since": NOW - HOUR, **known})


def asked(*known: LeadForm, settings: LeadSettings | None = None, now: datetime = NOW) -> list[str]:
    return [each.id for each in forms_to_ask(list(known), settings or LeadSettings(), now)]


def test_a_form_that_was_never_asked_comes_first_then_those_asked_longest_ago() -> None:
    known = [form("1", swept_at=NOW - 2 * HOUR), form("2", swept_at=NOW - 3 * HOUR), form("3")]
    assert asked(*known) == ["3", "2", "1"]


@pytest.mark.parametrize(
    ("known", "pause"),
    [
        ({"last_lead": NOW - timedelta(days=2)}, BUSY),
        ({"last_lead": NOW - timedelta(days=9)}, QUIET),
        ({}, QUIET),
        ({"after": "c", "begun": NOW}, BUSY),
        ({"last_lead": NOW, "error": NO_PERMISSION}, QUIET),
    ],
    ids=["busy", "quiet", "without leads", "under way", "refused"],
)
def test_a_form_is_left_alone_for_a_while(known: dict[str, Any], pause: timedelta) -> None:
    assert asked(form(swept_at=NOW - pause + timedelta(seconds=1), **known)) == []
    assert asked(form(swept_at=NOW - pause, **known)) == ["1"]


def test_admins_switch_it_off_name_forms_and_leave_some_out() -> None:
    assert asked(form(), settings=LeadSettings(reconcile=False)) == []
    assert asked(form(), form("2"), settings=LeadSettings(forms={"3": None}, ignore=frozenset("2"))) == ["1", "3"]


def test_what_was_before_a_form_was_known_is_not_asked_for() -> None:
    (new,) = forms_to_ask([], LeadSettings(forms={"1": None}), NOW)
    assert new.since - OVERLAP == NOW
    assert LeadForm.known_from("2", NOW).since - OVERLAP == NOW


def test_an_admin_goes_back_as_far_as_is_said_and_once() -> None:
    back = NOW - timedelta(days=20)
    settings = LeadSettings(forms={"1": back})
    (first,) = forms_to_ask([form(swept_at=NOW, after="x", begun=NOW)], settings, NOW)
    assert (first.since - OVERLAP, first.asked, first.after) == (back, back, None)
    done = first.begins_at(NOW).went(NOW, after=None, missed=["1", "2", "3"], newest=NOW - HOUR)
    assert (done.since, done.missed) == (NOW - GRACE, 3)
    assert forms_to_ask([done], settings, NOW) == []
    (again,) = forms_to_ask([done], settings, NOW + QUIET)
    assert again.since == NOW - GRACE


def test_the_mark_moves_with_the_last_page_and_never_back() -> None:
    begun = form().begins_at(NOW)
    half = begun.went(NOW, after="c1", missed=["1"], newest=None)
    assert (half.since, half.after, half.missed) == (NOW - HOUR, "c1", 1)
    later = half.begins_at(NOW + HOUR)
    assert later == half, "it goes on where it was"
    done = later.went(NOW + HOUR, after=None, missed=["1"], newest=NOW)
    assert (done.since, done.after, done.begun, done.missed, done.last_lead) == (NOW - GRACE, None, None, 2, NOW)
    ahead = form(since=NOW + HOUR).begins_at(NOW).went(NOW, after=None, missed=[], newest=None)
    assert ahead.since == NOW + HOUR


def test_a_form_that_meta_refused_begins_at_its_mark() -> None:
    half = form().begins_at(NOW).went(NOW, after="c1", missed=[], newest=None)
    refused = half.refused(NOW, NO_PERMISSION)
    assert (refused.since, refused.after, refused.error) == (half.since, None, NO_PERMISSION)
    assert refused.begins_at(NOW).went(NOW, after=None, missed=[], newest=None).error is None


def test_settings_are_read() -> None:
    document = {"forms": ["11", {"id": "22", "since": "2026-03-01T00:00:00+01:00"}], "ignore": ["33"]}
    read = read_lead_settings(document)
    assert read == LeadSettings(
        reconcile=True, forms={"11": None, "22": datetime(2026, 2, 28, 23, tzinfo=UTC)}, ignore=frozenset({"33"})
    )
    assert read_lead_settings({}) == LeadSettings()


@pytest.mark.parametrize(
    ("document", "fields"),
    [
        ({"reconcile": "no"}, ["reconcile"]),
        ({"forms": "11"}, ["forms"]),
        ({"forms": ["1/../me", 5, {}]}, ["forms[0]", "forms[1]", "forms[2].id"]),
        ({"forms": [{"id": "11", "since": "yesterday", "until": 1}]}, ["forms[0].since", "forms[0].until"]),
        ({"forms": [{"id": "11", "since": "2026-03-01T00:00:00"}]}, ["forms[0].since"]),
        ({"forms": [{"id": "11", "since": "9999-12-31T23:30:00Z"}]}, ["forms[0].since"]),
        ({"forms": [{"id": "11", "since": "2100-01-01T00:00:00Z"}]}, ["forms[0].since"]),
        ({"forms": [{"id": "11", "since": "0001-01-01T00:00:00Z"}]}, ["forms[0].since"]),
        ({"forms": ["1"] * 201}, ["forms"]),
        ({"ignore": ["x"]}, ["ignore[0]"]),
        ({"pages": []}, ["pages"]),
    ],
    ids=str,
)
def test_settings_that_do_not_hold_name_their_fields(document: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(Invalid) as caught:
        read_lead_settings(document)
    assert sorted(problem.field for problem in caught.value.problems) == sorted(fields)
