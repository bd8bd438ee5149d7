"""fire_due_dates: what came due happens once, however often, late or badly the sweeps come."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.usecases.fakes.stores import FakeSweeps
from tests.usecases.fakes.world import World
from tests.usecases.rules import GREET, rule
from whenthen.domain.common.errors import Temporary
from whenthen.domain.rules.rule import Rule
from whenthen.domain.scheduling.sweep_window import Checkpoint, SweepProgress
from whenthen.usecases.ingest import fire_due_dates
from whenthen.usecases.ingest.fire_due_dates import FireDueDates

BIRTHDAY = {"event": "birthday.reached"}
NINE = datetime(2026, 3, 14, 9, tzinfo=UTC)


def a_rule(world: World, trigger: dict[str, Any], name: str = "A rule", **more: Any) -> Rule:
    return world.has_rule({"name": name, "kind": "contact", "trigger": trigger, "steps": [GREET], **more})


def sweep(world: World, at: datetime) -> None:
    world.clock.at = at
    world.functions.fire_due_dates()
    world.settle()


@pytest.fixture
def world() -> World:
    """A whenthen with three people, two of whom have their birthday on 14 March, swept a day before."""
    world = World()
    world.clock.at = NINE - timedelta(days=30)
    world.has_record("contact:ada", first_name="Ada", email="ada@example.com", birth_date="1990-03-14")
    world.has_record("contact:bob", first_name="Bob", email="bob@example.com", birth_date="--03-14")
    world.has_record("contact:eve", first_name="Eve", email="eve@example.com", birth_date="1990-03-15")
    world.sweeps.until = NINE - timedelta(minutes=5)
    return world


def who(world: World) -> list[str | None]:
    return sorted((run.record for run in world.all_runs), key=str)


def test_those_whose_day_it_is_are_greeted_once(world: World) -> None:
    a_rule(world, BIRTHDAY)
    for minutes in (-5, 0, 5, 10, 15):
        sweep(world, NINE + timedelta(minutes=minutes))
    assert who(world) == ["contact:ada", "contact:bob"]
    assert sorted(mail.to for mail in world.mailer.sent) == ["ada@example.com", "bob@example.com"]


def test_nobody_is_greeted_before_the_hour(world: World) -> None:
    a_rule(world, BIRTHDAY)
    sweep(world, NINE - timedelta(minutes=1))
    assert who(world) == []


def test_two_sweeps_at_once_do_no_more_than_one(world: World) -> None:
    a_rule(world, BIRTHDAY)
    world.clock.at = NINE
    for _ in range(2):
        world.sweeps.until = NINE - timedelta(minutes=5)
        world.functions.fire_due_dates()
    world.settle()
    assert who(world) == ["contact:ada", "contact:bob"]


def test_sweeps_that_were_missed_for_hours_are_made_up_for(world: World) -> None:
    a_rule(world, BIRTHDAY)
    sweep(world, NINE + timedelta(hours=20))
    assert who(world) == ["contact:ada", "contact:bob"]


def test_what_is_too_late_for_its_rule_is_left_out(world: World) -> None:
    on = {"kind": "contact", "field": "birth_date", "yearly": True}
    a_rule(world, {"date": {**on, "late": {"policy": "skip", "hours": 6}}}, "punctual")
    patient = a_rule(world, {"date": {**on, "late": {"policy": "run"}}}, "patient")
    sweep(world, NINE + timedelta(days=10))
    assert {run.rule_id for run in world.all_runs} == {patient.id}
    assert who(world) == ["contact:ada", "contact:bob", "contact:eve"]


def test_what_was_due_before_the_rule_was_switched_on_is_not_its_business(world: World) -> None:
    a_rule(world, BIRTHDAY, activated_at="2026-03-14T09:01:00Z")
    sweep(world, NINE + timedelta(minutes=2))
    assert who(world) == []


def test_a_person_who_becomes_known_at_noon_is_greeted_then(world: World) -> None:
    a_rule(world, BIRTHDAY)
    sweep(world, NINE + timedelta(minutes=5))
    world.clock.at = NINE + timedelta(hours=3)
    world.changes("contact:new", birth_date="2000-03-14", email="new@example.com")
    sweep(world, NINE + timedelta(hours=3, minutes=5))
    assert who(world) == ["contact:ada", "contact:bob", "contact:new"]


def test_each_rule_has_its_own_occasion_and_each_year_its_own(world: World) -> None:
    first, second = a_rule(world, BIRTHDAY, "one"), a_rule(world, BIRTHDAY, "two")
    for year in (2026, 2027):
        world.sweeps.until = NINE.replace(year=year) - timedelta(minutes=5)
        sweep(world, NINE.replace(year=year))
    runs = [(run.rule_id, run.record, run.entered.year) for run in world.all_runs]
    assert sorted(runs) == sorted(
        (each.id, ref, year)
        for each in (first, second)
        for ref in ("contact:ada", "contact:bob")
        for year in (2026, 2027)
    )


def test_a_record_that_moved_its_date_is_not_found_on_the_old_one(world: World) -> None:
    a_rule(world, BIRTHDAY)
    world.changes("contact:ada", birth_date="1990-03-20")
    sweep(world, NINE)
    assert who(world) == ["contact:bob"]


def test_a_rule_that_is_off_is_not_swept_for(world: World) -> None:
    a_rule(world, BIRTHDAY, mode="off")
    sweep(world, NINE)
    assert world.bus.published == []


def test_the_rule_s_conditions_hold_for_these_events_too(world: World) -> None:
    a_rule(world, BIRTHDAY, conditions={"field": "record.first_name", "op": "equals", "value": "Bob"})
    sweep(world, NINE)
    assert who(world) == ["contact:bob"]


def test_a_schedule_without_a_view_runs_once_for_each_moment(world: World) -> None:
    world.has_rule({**rule(on=""), "kind": None, "trigger": {"schedule": {"cron": "0 9 * * *"}}})
    for minutes in range(0, 20, 5):
        sweep(world, NINE + timedelta(minutes=minutes))
    sweep(world, NINE + timedelta(days=1))
    assert [(run.record, run.entered) for run in world.all_runs] == [
        (None, NINE),
        (None, NINE + timedelta(days=1)),
    ]


def test_a_schedule_over_a_view_runs_for_each_record_in_it_and_is_begun_once(world: World) -> None:
    in_view = {"kind": "contact", "filter": {"field": "record.first_name", "op": "in", "value": ["Ada", "Eve"]}}
    a_rule(world, {"schedule": {"at": "2026-03-14T09:00:00Z", **in_view}})
    for minutes in (0, 5):
        sweep(world, NINE + timedelta(minutes=minutes))
    assert who(world) == ["contact:ada", "contact:eve"]
    assert len(world.enrolments.kept) == 1


def test_the_mark_moves_when_everything_was_published_and_not_before(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_rule(world, BIRTHDAY)
    before = world.sweeps.until

    def refuse(_events: Any) -> None:
        raise Temporary("the bus is full")

    with monkeypatch.context() as broken:
        broken.setattr(world.bus, "publish", refuse)
        world.clock.at = NINE
        with pytest.raises(Temporary):
            world.functions.fire_due_dates()
    assert world.sweeps.until == before
    sweep(world, NINE + timedelta(hours=1))
    assert world.sweeps.until == NINE + timedelta(hours=1)
    assert who(world) == ["contact:ada", "contact:bob"]


def test_the_mark_never_goes_back(world: World) -> None:
    sweep(world, NINE)
    sweep(world, NINE - timedelta(minutes=3))
    assert world.sweeps.until == NINE


def test_the_first_sweep_of_all_looks_at_the_last_minutes_alone(world: World) -> None:
    world.sweeps.until = None
    a_rule(world, BIRTHDAY)
    sweep(world, NINE + timedelta(hours=1))
    assert who(world) == []
    assert isinstance(world.sweeps, FakeSweeps)
    assert world.sweeps.until == NINE + timedelta(hours=1)


def test_the_world_of_a_rule_about_leads_is_left_alone(world: World) -> None:
    world.has_rule(rule(GREET, on="lead.created"))
    sweep(world, NINE)
    assert world.bus.published == []


def test_a_mail_shows_hours_by_the_rules_clocks_or_the_records_own_where_the_rule_goes_by_those(world: World) -> None:
    world.has_record("contact:ann", email="ann@example.com", birth_date="03-14", time_zone="America/New_York")
    said = {"id": "say", "action": "send_email", "with": {"subject": "{{ event.data.due|hour }}", "text": "-"}}
    on = {"kind": "contact", "field": "birth_date", "yearly": True}
    for name, more in (("by the rule's", {}), ("by each one's own", {"time_zone": "record"})):
        trigger = {"date": {**on, **more}}
        world.has_rule(
            {"name": name, "kind": "contact", "trigger": trigger, "steps": [said], "time_zone": "Europe/Istanbul"}
        )
    for hour in (6, 13):  # nine o'clock in Istanbul, and in New York
        sweep(world, NINE.replace(hour=hour))
    subjects = [mail.subject for mail in world.mailer.sent if mail.to == "ann@example.com"]
    assert subjects == ["09:00", "09:00"], "each at nine o'clock of the clocks that its rule goes by"


class Counting:
    """A clock that moves on by so many seconds each time it is asked."""

    def __init__(self, at: datetime, seconds: float) -> None:
        self.at, self.step = at, timedelta(seconds=seconds)

    def now(self) -> datetime:
        self.at += self.step
        return self.at


def slow(world: World, at: datetime, seconds: float) -> FireDueDates:
    """A sweep in which a portion takes that long."""
    return FireDueDates(
        world.rules, world.records, world.functions.enrolments, world.sweeps, world.bus, Counting(at, seconds)
    )


def test_however_much_comes_due_at_once_it_is_published_in_slices_of_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fire_due_dates, "PORTION", 2)
    for number in range(9):
        world.has_record(f"contact:{number}", birth_date="2001-03-14")
    rules = [a_rule(world, BIRTHDAY, name) for name in ("one", "two")]
    a_rule(world, {"schedule": {"at": "2026-03-14T09:00:00Z"}}, "three", kind=None)
    turns, before = 0, world.sweeps.until
    while world.sweeps.until == before:
        swept = slow(world, NINE + timedelta(minutes=5 * turns), seconds=90)()
        assert swept.events <= 8, "it stops when its time is over"
        turns += 1
    assert turns >= 3
    found = [(event.data["rule"], event.subject) for event in world.bus.published]
    assert len(set(found)) == 2 * 11 + 1
    assert len(set(found[:23])) == 23, "the slices publish nothing twice; the next sweep looks behind them"
    assert {rule for rule, _ in found} >= {each.id for each in rules}


def test_what_came_due_while_a_sweep_was_under_way_is_the_next_ones(world: World) -> None:
    world.has_record("contact:late", birth_date="2001-03-14")
    a_rule(world, {"date": {"kind": "contact", "field": "birth_date", "yearly": True}}, "nine")
    a_rule(world, {"date": {"kind": "contact", "field": "birth_date", "yearly": True, "at": "09:04"}}, "four past")
    assert not slow(world, NINE, seconds=300)().finished
    sweep(world, NINE + timedelta(minutes=5))
    assert sorted(Counter(run.rule_name for run in world.all_runs).items()) == [("four past", 3), ("nine", 3)]
    assert world.sweeps.mark == Checkpoint(NINE + timedelta(minutes=5))


def test_a_sweep_that_fails_half_way_is_taken_up_there(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fire_due_dates, "PORTION", 1)
    a_rule(world, BIRTHDAY)
    world.clock.at = NINE
    publish, calls = world.bus.publish, []

    def once(events: Any) -> None:
        calls.append(events)
        if len(calls) == 2:
            raise Temporary("the bus is full")
        publish(events)

    monkeypatch.setattr(world.bus, "publish", once)
    with pytest.raises(Temporary):
        world.functions.fire_due_dates()
    sweep(world, NINE + timedelta(minutes=5))
    assert calls[0] != calls[1] == calls[2], "it goes on with what had failed"
    assert who(world) == ["contact:ada", "contact:bob"]


def test_a_rule_that_changes_between_two_slices_is_done_anew(world: World) -> None:
    a_rule(world, BIRTHDAY)
    slow(world, NINE, seconds=300)()
    assert world.sweeps.mark is not None
    assert world.sweeps.mark.going is not None
    on = {"kind": "contact", "field": "birth_date", "yearly": True, "at": "09:02"}
    a_rule(world, {"date": on})
    sweep(world, NINE + timedelta(minutes=5))
    assert [event.data["due"][11:16] for event in world.bus.published[-2:]] == ["09:02", "09:02"]


def test_of_two_sweeps_at_once_only_the_first_says_how_far_it_came(world: World) -> None:
    a_rule(world, BIRTHDAY)
    before = world.sweeps.last()
    world.clock.at = NINE
    world.functions.fire_due_dates()
    after = world.sweeps.last()
    assert not world.sweeps.move(before, Checkpoint(NINE, SweepProgress(NINE, ("birthday.reached", "a", "1", "~"))))
    assert world.sweeps.last() == after


def test_a_rule_that_cannot_be_done_holds_up_no_other_and_is_made_up_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried at each sweep, from where it fell behind; what the others published is not published again."""
    broken, sound = a_rule(world, BIRTHDAY, "broken"), a_rule(world, BIRTHDAY, "sound")
    due_events, asked = fire_due_dates.due_events, Counter[str]()

    def defective(rule: str, *rest: Any) -> Any:
        asked[rule] += 1
        if rule == broken.id:
            raise KeyError("birth_date")
        return due_events(rule, *rest)

    monkeypatch.setattr(fire_due_dates, "due_events", defective)
    world.clock.at = NINE
    swept = world.functions.fire_due_dates()
    assert [(rule, repr(error)) for rule, error in swept.failed.items()] == [(broken.id, "KeyError('birth_date')")]
    before = NINE - timedelta(minutes=5)
    assert world.sweeps.mark == Checkpoint(NINE, behind={broken.id: before})
    sweep(world, NINE + timedelta(minutes=5))
    assert {run.rule_id for run in world.all_runs} == {sound.id}
    assert world.sweeps.mark == Checkpoint(NINE + timedelta(minutes=5), behind={broken.id: before})
    monkeypatch.setattr(fire_due_dates, "due_events", due_events)
    sweep(world, NINE + timedelta(hours=3))
    assert {run.rule_id for run in world.all_runs} == {broken.id, sound.id}
    assert who(world) == ["contact:ada", "contact:ada", "contact:bob", "contact:bob"]
    assert world.sweeps.mark == Checkpoint(NINE + timedelta(hours=3))


def test_a_rule_that_is_switched_off_is_not_behind_any_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = a_rule(world, BIRTHDAY)
    monkeypatch.setattr(fire_due_dates, "due_events", lambda *_: 1 / 0)
    sweep(world, NINE)
    assert world.sweeps.mark == Checkpoint(NINE, behind={broken.id: NINE - timedelta(minutes=5)})
    world.has_rule({"name": broken.name, "kind": "contact", "trigger": BIRTHDAY, "steps": [GREET], "mode": "off"})
    sweep(world, NINE + timedelta(minutes=5))
    assert world.sweeps.mark == Checkpoint(NINE + timedelta(minutes=5))


def test_what_is_skipped_for_being_late_is_counted_by_rule(world: World) -> None:
    on = {"kind": "contact", "field": "birth_date", "yearly": True}
    punctual = a_rule(world, {"date": {**on, "late": {"policy": "skip", "hours": 6}}}, "punctual")
    a_rule(world, {"date": {**on, "late": {"policy": "run"}}}, "patient")
    hourly = a_rule(world, {"schedule": {"cron": "0 * * * *", "late": {"hours": 2}}}, "hourly", kind=None)
    world.clock.at = NINE + timedelta(days=1, hours=8)
    swept = world.functions.fire_due_dates()
    assert swept.skipped == {punctual.id: 3, hourly.id: 30}
    world.clock.at += timedelta(minutes=5)
    assert world.functions.fire_due_dates().skipped == {}, "each is counted once"
