"""Leads whose webhook was lost: found, and made once, whoever else saw them."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.usecases.fakes.outside import Fails
from tests.usecases.fakes.world import World
from whenthen.domain.common.errors import Permanent, Temporary
from whenthen.domain.common.reasons import Reason
from whenthen.domain.events.event import Cause
from whenthen.sources.meta.lead_forms import GRACE, OVERLAP, LeadForm
from whenthen.sources.meta.notification import LeadRef
from whenthen.usecases.ingest.reconcile_leads import MAX_CALLS

FORM = "5551"


NO_FORM = Reason("meta.invalid_or_missing")


@pytest.fixture
def world() -> World:
    """A whenthen with one form, known since yesterday, and a rule about leads."""
    world = World()
    world.has_rule(
        {
            "id": "rule_welcome",
            "name": "Welcome",
            "kind": "lead",
            "trigger": {"event": "meta_lead.created"},
            "steps": [{"id": "tag", "action": "add_tags", "with": {"tags": ["new"]}}],
            "mode": "on",
        }
    )
    known(world, FORM)
    return world


def known(world: World, form_id: str, **more: Any) -> None:
    at = world.clock.at
    world.lead_forms.note(LeadForm.known_from(form_id, at - timedelta(days=1), **{"last_lead": at, **more}))


def submits(world: World, external_id: str, *, minutes_ago: float, form_id: str = FORM) -> None:
    """Somebody fills in the form; Meta has the lead."""
    at = world.clock.at - timedelta(minutes=minutes_ago)
    row = {"id": external_id, "created_time": at.strftime("%Y-%m-%dT%H:%M:%S+0000"), "form_id": form_id}
    world.graph.forms.setdefault(form_id, []).append(row)
    answers = [{"name": "email", "values": [f"lead{external_id}@example.com"]}]
    world.graph.documents[external_id] = {**row, "field_data": answers}


def sweep(world: World) -> Any:
    done = world.functions.reconcile_leads()
    world.settle()
    return done


def created(world: World) -> Counter[str]:
    return Counter(event.subject for event in world.bus.published if event.type == "meta_lead.created")


def runs(world: World) -> list[str]:
    return sorted(str(run.record) for run in world.runs.runs.values() if run.rule_id == "rule_welcome")


def test_a_lead_whose_webhook_was_lost_is_made_as_if_it_had_come(world: World) -> None:
    submits(world, "77", minutes_ago=30)
    assert sweep(world).missed == 1
    record = world.records.stored["lead:77"]
    assert (record.fields["email"], record.fields["form_id"]) == ("lead77@example.com", FORM)
    assert (created(world), runs(world)) == ({"lead:77": 1}, ["lead:77"])


@pytest.mark.parametrize("order", ["webhook first", "webhook last", "webhook only"])
def test_whoever_sees_a_lead_it_happens_once(world: World, order: str) -> None:
    submits(world, "77", minutes_ago=30)
    if order != "webhook last":
        world.functions.fetch_lead(LeadRef("77", form_id=FORM))
        world.settle()
    if order != "webhook only":
        for _ in range(3):
            sweep(world)
            world.clock.move(minutes=6)
    if order != "webhook first":
        world.functions.fetch_lead(LeadRef("77", form_id=FORM))
        world.settle()
    assert [ref for ref in world.records.stored if ref.startswith("lead:")] == ["lead:77"]
    assert runs(world) == ["lead:77"]


def test_a_lead_that_an_admin_deleted_does_not_come_back(world: World) -> None:
    submits(world, "77", minutes_ago=30)
    sweep(world)
    world.records.delete(world.records.stored["lead:77"], origin="human", cause=Cause())
    world.clock.move(minutes=6)
    assert sweep(world).missed == 0
    assert "lead:77" not in world.records.stored


def test_a_lead_of_a_moment_ago_is_left_to_its_webhook_until_the_next_sweep(world: World) -> None:
    submits(world, "77", minutes_ago=3)
    assert sweep(world).missed == 0
    world.clock.move(minutes=8)
    assert sweep(world).missed == 1


def test_one_that_meta_shows_late_is_found_all_the_same(world: World) -> None:
    submits(world, "76", minutes_ago=20)
    sweep(world)
    world.clock.move(minutes=10)
    submits(world, "77", minutes_ago=50)
    assert sweep(world).missed == 1


def test_while_a_lead_waits_in_its_queue_it_is_not_queued_again(world: World) -> None:
    submits(world, "77", minutes_ago=30)
    for _ in range(3):
        world.functions.reconcile_leads()
        world.clock.move(minutes=6)
    assert [lead.leadgen_id for lead in world.queues["leads"].bodies] == ["77"]
    assert world.lead_forms.kept[FORM].missed == 1


def test_leads_from_before_a_form_was_known_are_nobodys_business(world: World) -> None:
    submits(world, "70", minutes_ago=25 * 60)
    submits(world, "77", minutes_ago=23 * 60)
    assert sweep(world).missed == 1
    assert "lead:70" not in world.records.stored


def test_all_pages_are_read_and_a_long_list_is_gone_on_with(world: World) -> None:
    count = 3 * MAX_CALLS + 10
    for number in range(count):
        submits(world, str(1000 + number), minutes_ago=30 + number)
    first = sweep(world)
    assert first.missed == 3 * MAX_CALLS
    assert len(world.graph.asked) == MAX_CALLS
    submits(world, "9999", minutes_ago=0)
    world.clock.move(minutes=20)
    assert sweep(world).missed == 10, "the one that came meanwhile belongs to the next comparison"
    assert len(runs(world)) == count
    world.clock.move(minutes=6)
    assert sweep(world).missed == 1
    assert max(created(world).values()) == 1


def test_a_form_is_known_since_its_first_lead(world: World) -> None:
    submits(world, "80", minutes_ago=200, form_id="5552")
    submits(world, "81", minutes_ago=120, form_id="5552")
    world.functions.fetch_lead(LeadRef("81", form_id="5552", page_id="9"))
    world.settle()
    assert world.lead_forms.kept["5552"].page_id == "9"
    submits(world, "82", minutes_ago=60, form_id="5552")
    assert sweep(world).missed == 1
    assert runs(world) == ["lead:81", "lead:82"]


@pytest.mark.parametrize("form_id", [None, "../me", "abc", "1" * 40])
def test_a_lead_without_a_usable_form_makes_none_known(world: World, form_id: str | None) -> None:
    world.graph.documents["81"] = {"id": "81", "form_id": form_id, "field_data": []}
    world.functions.fetch_lead(LeadRef("81"))
    assert set(world.lead_forms.kept) == {FORM}


def test_admins_name_forms_and_how_far_to_go_back(world: World) -> None:
    back = world.clock.at - timedelta(days=5)
    submits(world, "90", minutes_ago=4 * 24 * 60, form_id="5553")
    submits(world, "91", minutes_ago=6 * 24 * 60, form_id="5553")
    world.settings.save("leads", {"forms": [{"id": "5553", "since": back.isoformat()}], "ignore": [FORM]})
    assert sweep(world).missed == 1
    assert runs(world) == ["lead:90"]


def test_nothing_is_asked_for_from_before_what_the_log_remembers(world: World) -> None:
    world.settings.save("leads", {"forms": [{"id": FORM, "since": "2020-01-01T00:00:00Z"}]})
    sweep(world)
    assert [since for _, since, _ in world.graph.asked] == [world.clock.at - timedelta(days=90)]


def test_switched_off_it_asks_nobody(world: World) -> None:
    world.settings.save("leads", {"reconcile": False})
    assert sweep(world).forms == 0
    assert world.graph.asked == []


def test_at_a_rate_limit_the_others_wait_too_and_come_first_next_time(world: World) -> None:
    known(world, "5552")
    submits(world, "77", minutes_ago=30)
    submits(world, "78", minutes_ago=30, form_id="5552")
    world.graph.will(Fails(Temporary("the rate limit for leads is reached", retry_after=300)))
    done = world.functions.reconcile_leads()
    assert (done.postponed, done.missed, len(world.graph.asked)) == (1, 0, 1)
    world.clock.move(minutes=6)
    assert sweep(world).missed == 2
    assert [form_id for form_id, _, _ in world.graph.asked] == [FORM, "5552", FORM]


def test_a_form_that_meta_does_not_answer_for_holds_up_no_other(world: World) -> None:
    known(world, "5552")
    submits(world, "78", minutes_ago=30, form_id="5552")
    for error in (Permanent(NO_FORM), Temporary("Meta answered 500")):
        world.graph.will(Fails(error))
    done = sweep(world)
    assert (done.forms, done.refused, done.postponed) == (2, 1, 1)
    assert world.lead_forms.kept[FORM].error == NO_FORM
    world.clock.move(hours=2)
    assert sweep(world).missed == 1
    assert world.lead_forms.kept[FORM].error is None


def test_when_meta_is_away_a_sweep_does_not_wait_for_each_form(world: World) -> None:
    for number in range(2, 6):
        known(world, f"555{number}")
    lost = Fails(Temporary("Meta did not answer"))
    world.graph.will(lost, Fails(Permanent(NO_FORM)), lost, lost, lost)
    done = sweep(world)
    assert (done.forms, done.refused, done.postponed) == (4, 1, 3)
    assert len(world.graph.asked) == 4


def test_a_sweep_ends_when_its_time_is_over(world: World) -> None:
    known(world, "5552")
    for number in range(60):
        submits(world, str(100 + number), minutes_ago=30 + number)
    leads = world.graph.leads

    def slow(form_id: str, since: datetime, after: str | None) -> Any:
        world.clock.move(seconds=19)
        return leads(form_id, since, after)

    world.graph.leads = slow  # type: ignore[method-assign]
    assert sweep(world).forms == 1
    assert len(world.graph.asked) == 11
    while len(runs(world)) < 60:
        world.clock.move(minutes=6)
        assert sweep(world).missed > 0


def test_a_comparison_that_broke_off_goes_on_where_it_was(world: World) -> None:
    for number in range(6):
        submits(world, str(100 + number), minutes_ago=30 + number)
    failing = world.graph.leads

    def breaks(form_id: str, since: datetime, after: str | None) -> Any:
        if after is not None and not world.graph.script:
            raise Temporary("Meta answered 500")
        return failing(form_id, since, after)

    world.graph.leads = breaks  # type: ignore[method-assign]
    assert sweep(world).missed == 3
    world.graph.leads = failing  # type: ignore[method-assign]
    world.clock.move(minutes=6)
    assert sweep(world).missed == 3
    assert world.graph.asked[-1][2] == "3"
    assert len(runs(world)) == 6


def test_rows_that_are_none_are_passed_over(world: World) -> None:
    submits(world, "77", minutes_ago=30)
    world.graph.forms[FORM] += [{"id": bad, "created_time": "2026-03-14T09:00:00+0000"} for bad in ("x/y", None, {})]
    assert sweep(world).missed == 1


def test_the_mark_covers_what_was_compared_and_no_more(world: World) -> None:
    sweep(world)
    assert world.lead_forms.kept[FORM].since == world.clock.at - GRACE
    world.clock.move(minutes=6)
    sweep(world)
    assert world.graph.asked[-1][1] == world.clock.at - timedelta(minutes=6) - GRACE - OVERLAP
