"""Exits win, in whatever order the start of a run and its exit are carried out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.adapters.interventions import Intervening
from tests.adapters.samples import NOW, PHONE, FixedClock, event, job, minutes, run, why
from tests.adapters.tables import RECORDS, RUNS
from whenthen.adapters.dynamodb.runs_table.runs import EXIT_BEFORE_START, DynamoRuns
from whenthen.domain.events.event import Event
from whenthen.domain.events.ordering import order_key
from whenthen.domain.runs.run import RunStatus
from whenthen.ports.values import Started, Subscription

KEYS = ("contact:1", f"phone#{PHONE}")
REPLIED = "contact.replied"


@pytest.fixture
def client(dynamodb: Any) -> Intervening:
    """A client that a test can act around."""
    return Intervening(dynamodb)


@pytest.fixture
def clock() -> FixedClock:
    """The clock of the ledger."""
    return FixedClock()


@pytest.fixture
def ledger(client: Intervening, clock: FixedClock) -> DynamoRuns:
    """The ledger."""
    return DynamoRuns(client, RUNS, RECORDS, clock, timedelta(days=90))


@pytest.fixture
def other(dynamodb: Any, clock: FixedClock) -> DynamoRuns:
    """The same ledger, as another function uses it at the same time."""
    return DynamoRuns(dynamodb, RUNS, RECORDS, clock, timedelta(days=90))


def _reply(at: datetime, external_id: str = "r1", event_type: str = REPLIED) -> Event:
    return event(external_id, event_type, at)


def _start(ledger: DynamoRuns, own: Event | None = None) -> Started:
    own = own or event()
    started = run(own)
    return ledger.start(started, own, [job(started)], enrolment_key="k")


@pytest.mark.parametrize(
    ("at", "event_type", "keys", "started"),
    [
        (minutes(1), REPLIED, KEYS, Started.EXITED),
        (NOW, REPLIED, KEYS, Started.EXITED),
        (minutes(-1), REPLIED, KEYS, Started.STARTED),
        (minutes(1), "contact.created", KEYS, Started.STARTED),
        (minutes(1), "lead.updated", KEYS, Started.STARTED),
        (minutes(1), REPLIED, ("phone#+905329999999",), Started.STARTED),
        (minutes(1), "whatsapp.message_received", (f"phone#{PHONE}",), Started.EXITED),
    ],
    ids=["later", "at the same time", "before", "no exit", "looked at only", "somebody else", "another exit"],
)
def test_an_exit_that_was_seen_before_the_start(
    ledger: DynamoRuns, at: datetime, event_type: str, keys: tuple[str, ...], started: Started
) -> None:
    ledger.note_exit(keys, _reply(at, event_type=event_type))
    assert _start(ledger) is started
    state = ledger.load(run(event()).id)
    assert (state is None) is (started is Started.EXITED)


def test_a_refused_start_leaves_nothing(ledger: DynamoRuns, dynamodb: Any) -> None:
    ledger.note_exit(KEYS, _reply(minutes(1)))
    before = dynamodb.scan(TableName=RUNS)["Items"]
    _start(ledger)
    assert dynamodb.scan(TableName=RUNS)["Items"] == before


def test_an_exit_that_comes_after_the_start_finds_the_run(ledger: DynamoRuns) -> None:
    _start(ledger)
    ledger.note_exit(KEYS, _reply(minutes(1)))
    found = run(event())
    signals = (REPLIED, "whatsapp.message_received", "lead.updated:*")
    assert ledger.watching(KEYS) == [Subscription(found.id, signals, NOW)]
    assert ledger.finish(found, RunStatus.STOPPED, why("exit"), minutes(2))
    assert ledger.watching(KEYS) == []


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_exit_in_the_middle_of_the_start_is_found_by_one_of_the_two(
    ledger: DynamoRuns, other: DynamoRuns, client: Intervening, moment: str
) -> None:
    """Between the start's transaction and its second look, or right before the transaction."""
    found: list[Any] = []

    def exit_comes() -> None:
        other.note_exit(KEYS, _reply(minutes(1)))
        found.extend(other.watching(KEYS))

    getattr(client, moment)["transact_write_items"] = [exit_comes]
    started = _start(ledger)
    assert started is Started.EXITED
    assert bool(found) is (moment == "after")


@pytest.mark.parametrize("at", [NOW, minutes(1)], ids=["at the same time", "later"])
def test_an_exit_that_was_noted_but_found_no_marker_yet_stops_the_run(
    ledger: DynamoRuns, other: DynamoRuns, client: Intervening, at: datetime
) -> None:
    """A transaction reaches its items one by one: the note may get in, and its look may come too early."""
    client.after["transact_write_items"] = [lambda: other.note_exit(KEYS, _reply(at))]
    assert _start(ledger) is Started.EXITED
    state = ledger.load(run(event()).id)
    assert state is not None
    assert state.run.status is RunStatus.STOPPED
    assert state.run.reason == EXIT_BEFORE_START(event_type=REPLIED)
    assert ledger.watching(KEYS) == []


def test_a_start_that_died_before_its_second_look_is_looked_at_when_it_comes_again(
    ledger: DynamoRuns, other: DynamoRuns, client: Intervening
) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    client.after["transact_write_items"] = [lambda: other.note_exit(KEYS, _reply(minutes(1))), die]
    with pytest.raises(KeyboardInterrupt):
        _start(ledger)
    assert _start(ledger) is Started.EXITED
    assert _start(ledger) is Started.EXISTS, "and then it is simply a run that ended"


def test_a_run_is_not_stopped_by_its_own_event(ledger: DynamoRuns) -> None:
    own = _reply(NOW, "own")
    ledger.note_exit(KEYS, own)
    assert _start(ledger, own) is Started.STARTED


def _begin(ledger: DynamoRuns, own: Event) -> Started:
    """As `_start`, of a rule that a record may enter again."""
    return ledger.start(run(own), own, [], enrolment_key=None)


def _by_place(*own_ids: str) -> list[Event]:
    return sorted((_reply(NOW, external_id) for external_id in own_ids), key=order_key)


def test_of_two_answers_of_the_same_moment_the_later_one_stops_the_run_of_the_other(ledger: DynamoRuns) -> None:
    first, second = _by_place("one", "other")
    for noted in (second, first, second):
        ledger.note_exit(KEYS, noted)
    assert (_begin(ledger, second), _begin(ledger, first)) == (Started.STARTED, Started.EXITED)


def test_the_second_look_goes_by_the_same_order(ledger: DynamoRuns, other: DynamoRuns, client: Intervening) -> None:
    first, second = _by_place("one", "other")
    client.after["transact_write_items"] = [lambda: other.note_exit(KEYS, first)]
    assert _begin(ledger, second) is Started.STARTED
    client.after["transact_write_items"] = [lambda: other.note_exit(KEYS, second)]
    assert _begin(ledger, first) is Started.EXITED


def test_an_older_event_does_not_hide_a_newer_one(ledger: DynamoRuns) -> None:
    ledger.note_exit(KEYS, _reply(minutes(5)))
    ledger.note_exit(KEYS, _reply(minutes(-5), "r2"))
    assert _start(ledger) is Started.EXITED


def test_a_newer_event_takes_the_place_of_an_older_one(ledger: DynamoRuns) -> None:
    ledger.note_exit(KEYS, _reply(minutes(-5)))
    ledger.note_exit(KEYS, _reply(minutes(5), "r2"))
    assert _start(ledger) is Started.EXITED


def test_a_newer_event_of_its_own_does_not_hide_an_older_exit_of_another_type(ledger: DynamoRuns) -> None:
    own = _reply(NOW, "own")
    ledger.note_exit(KEYS, _reply(minutes(1), "w", "whatsapp.message_received"))
    ledger.note_exit(KEYS, own)
    assert _start(ledger, own) is Started.EXITED


def test_marks_expire_after_they_were_last_written(ledger: DynamoRuns, clock: FixedClock, dynamodb: Any) -> None:
    clock.time = minutes(60)
    ledger.note_exit(KEYS[:1], _reply(minutes(-100_000)))
    [mark] = dynamodb.scan(TableName=RUNS)["Items"]
    assert int(mark["expires_at"]["N"]) == int((minutes(60) + timedelta(days=35)).timestamp())


def test_a_run_is_found_once_under_all_its_keys(ledger: DynamoRuns) -> None:
    _start(ledger)
    assert len(ledger.watching(("lead:4711", f"phone#{PHONE}", "email#nobody@example.com"))) == 1


PAID = "invoice.paid"
OF_A = {"record": "invoice:a", "watch": ("invoice:a", f"phone#{PHONE}"), "exits_on": (PAID,), "rechecks_on": ()}


@pytest.mark.parametrize(
    ("subject", "keys", "of_record", "started"),
    [
        ("invoice:a", ("invoice:a", f"phone#{PHONE}"), True, Started.EXITED),
        ("invoice:b", ("invoice:b", f"phone#{PHONE}"), True, Started.STARTED),
        ("invoice:b", ("invoice:b", f"phone#{PHONE}"), False, Started.EXITED),
        (None, (f"phone#{PHONE}",), True, Started.EXITED),
        (None, (f"phone#{PHONE}",), False, Started.EXITED),
        (None, ("contact:1", "phone#+905329999999"), True, Started.STARTED),
        ("invoice:b", ("invoice:b", "invoice:a"), True, Started.EXITED),
    ],
    ids=["its own", "another", "of the customer", "names none", "names none, customer", "somebody else", "merged"],
)
@pytest.mark.parametrize("when", ["before", "between"])
def test_an_exit_that_must_be_about_the_record(
    ledger: DynamoRuns,
    client: Intervening,
    other: DynamoRuns,
    subject: str | None,
    keys: tuple[str, ...],
    of_record: bool,
    started: Started,
    when: str,
) -> None:
    paid = event("p1", PAID, minutes(1), subject=subject)
    own = event()
    begun = run(own, **OF_A, exits_of_record=(PAID,) if of_record else ())
    if when == "before":
        ledger.note_exit(keys, paid)
    else:
        client.after["transact_write_items"] = [lambda: other.note_exit(keys, paid)]
    assert ledger.start(begun, own, [], enrolment_key=None) is started


def test_an_exit_of_another_record_does_not_hide_one_that_names_none(ledger: DynamoRuns) -> None:
    ledger.note_exit((f"phone#{PHONE}",), event("p1", PAID, minutes(1)))
    ledger.note_exit(("invoice:b", f"phone#{PHONE}"), event("p2", PAID, minutes(2), subject="invoice:b"))
    begun = run(event(), **OF_A, exits_of_record=(PAID,))
    assert ledger.start(begun, event(), [], enrolment_key=None) is Started.EXITED


def test_ten_exits_of_both_scopes_fit_one_check(ledger: DynamoRuns) -> None:
    types = tuple(f"invoice.{verb}" for verb in ("paid", "sent", "seen", "due", "void", "lost", "won", "a", "b", "c"))
    begun = run(event(), **{**OF_A, "exits_on": types}, exits_of_record=types[:5])
    assert ledger.start(begun, event(), [], enrolment_key=None) is Started.STARTED
    ledger.finish(begun, RunStatus.STOPPED, why("exit"), minutes(2))
    ledger.note_exit((f"phone#{PHONE}",), event("p2", types[9], minutes(2), subject="invoice:b"))
    again = run(event("e2"), **{**OF_A, "exits_on": types}, exits_of_record=types[:5])
    assert ledger.start(again, event("e2"), [], enrolment_key=None) is Started.EXITED
