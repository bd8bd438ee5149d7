"""Runs on DynamoDB: started once, going forward only, ending once, listed newest first."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from tests.adapters.interventions import Intervening
from tests.adapters.samples import EXITS, NOW, PHONE, FixedClock, event, job, minutes, run, why
from tests.adapters.tables import RECORDS, RUNS
from whenthen.adapters.dynamodb.runs_table.run_items import ended_run, ended_too_early
from whenthen.adapters.dynamodb.runs_table.runs import DynamoRuns
from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reasons import Reason
from whenthen.domain.runs.awaiting import mark_of
from whenthen.domain.runs.order import behind
from whenthen.domain.runs.run import AT_STEP, JobStatus, Outcome, Run, RunStatus
from whenthen.ports.values import Started, Subscription

RETENTION = timedelta(days=90)
LONG = "".join(random.Random(7).choices("abcdefghijklmnopqrstuvwxyz", k=4_000))  # noqa: S311 - text that hardly compresses


@pytest.fixture
def client(dynamodb: Any) -> Intervening:
    """A client that a test can act around."""
    return Intervening(dynamodb)


@pytest.fixture
def ledger(client: Intervening) -> DynamoRuns:
    """The ledger."""
    return DynamoRuns(client, RUNS, RECORDS, FixedClock(), RETENTION)


def _items(dynamodb: Any) -> dict[tuple[str, str], dict[str, Any]]:
    """Everything in the runs table."""
    return {(item["pk"]["S"], item["sk"]["S"]): item for item in dynamodb.scan(TableName=RUNS)["Items"]}


def _run(ledger: DynamoRuns, run_id: str) -> Run:
    state = ledger.load(run_id)
    assert state is not None
    return state.run


def test_a_run_is_loaded_as_it_was_started(ledger: DynamoRuns) -> None:
    own = event()
    started = run(own)
    jobs = [job(started, "b"), job(started, "a"), job(started, "0", step_group=1)]
    assert ledger.start(started, own, jobs, enrolment_key=None) is Started.STARTED
    state = ledger.load(started.id)
    assert state is not None
    assert state.run == started
    assert state.event == own
    assert type(state.event.data["amount"]) is float
    assert list(state.jobs) == [jobs[1], jobs[0], jobs[2]], "by step group, then by step"


def test_a_run_without_record_exits_or_jobs_is_fine_too(ledger: DynamoRuns) -> None:
    bare = run(event(), record=None, watch=(), exits_on=(), rechecks_on=())
    assert ledger.start(bare, event(), [], enrolment_key=None) is Started.STARTED
    assert _run(ledger, bare.id) == bare


def test_a_run_that_never_was_is_none(ledger: DynamoRuns) -> None:
    assert ledger.load("run_x") is None


def test_a_redelivered_start_changes_nothing(ledger: DynamoRuns, dynamodb: Any) -> None:
    started = run(event())
    ledger.start(started, event(), [job(started)], enrolment_key="rule_1#lead:4711")
    before = _items(dynamodb)
    again = replace(started, started_at=minutes(9), rule_name="other")
    assert ledger.start(again, event(), [job(started)], enrolment_key="rule_1#lead:4711") is Started.EXISTS
    assert _items(dynamodb) == before


def test_a_record_enters_once(ledger: DynamoRuns) -> None:
    first, second = run(event("e1")), run(event("e2"))
    assert ledger.start(first, event("e1"), [], enrolment_key="rule_1#lead:4711") is Started.STARTED
    assert ledger.start(second, event("e2"), [], enrolment_key="rule_1#lead:4711") is Started.ENTERED_BEFORE
    assert ledger.load(second.id) is None
    assert ledger.watching(["lead:4711"]) == [Subscription(first.id, (*first.exits_on, "lead.updated:*"), NOW)]
    assert ledger.start(second, event("e2"), [], enrolment_key="rule_1#lead:5") is Started.STARTED


def test_what_one_of_its_records_entered_once_a_record_enters_no_more(ledger: DynamoRuns) -> None:
    first, second = run(event("e1")), run(event("e2"))
    ledger.start(first, event("e1"), [], enrolment_key="rule_1#lead:8")
    earlier = ["rule_1#lead:9", "rule_1#lead:8"]
    started = ledger.start(second, event("e2"), [], enrolment_key="rule_1#lead:4711", earlier=earlier)
    assert (started, ledger.load(second.id)) == (Started.ENTERED_BEFORE, None)
    third = run(event("e3"))
    for expected in (Started.STARTED, Started.EXISTS):
        assert (
            ledger.start(third, event("e3"), [], enrolment_key="rule_2#lead:4711", earlier=["rule_2#lead:8"])
            is expected
        )


def test_an_occasion_that_a_run_of_an_absorbed_record_had_is_taken(ledger: DynamoRuns) -> None:
    greeted, again, other = run(event("e1")), run(event("e2")), run(event("e3"))
    ledger.start(greeted, event("e1"), [], enrolment_key=None)
    unless = [other.id, greeted.id]
    assert ledger.start(again, event("e2"), [], enrolment_key=None, unless=unless) is Started.OCCASION_TAKEN
    assert ledger.load(again.id) is None
    bare = run(event("e4"), exits_on=(), rechecks_on=())
    assert ledger.start(bare, event("e4"), [], enrolment_key=None, unless=unless) is Started.OCCASION_TAKEN
    for expected in (Started.STARTED, Started.EXISTS):
        assert ledger.start(bare, event("e4"), [], enrolment_key=None, unless=[other.id]) is expected


def test_more_than_one_transaction_can_hold_is_refused(ledger: DynamoRuns) -> None:
    many = run(event(), watch=tuple(f"phone#+90{number}" for number in range(60)))
    with pytest.raises(Invalid, match=r"store\.too_many_writes"):
        ledger.start(many, event(), [], enrolment_key=None)
    assert ledger.load(many.id) is None


def test_thirty_steps_and_thirty_keys_fit(ledger: DynamoRuns) -> None:
    many = run(event(), watch=tuple(f"phone#+90{number}" for number in range(30)))
    jobs = [job(many, f"s{number}") for number in range(30)]
    assert ledger.start(many, event(), jobs, enrolment_key="k") is Started.STARTED
    assert ledger.finish(many, RunStatus.DONE, why(""), minutes(5))


def test_keys_given_twice_are_taken_once(ledger: DynamoRuns) -> None:
    doubled = run(event(), watch=("lead:4711", "lead:4711"), exits_on=("contact.replied", "contact.replied"))
    assert ledger.start(doubled, event(), [], enrolment_key=None) is Started.STARTED
    assert ledger.finish(doubled, RunStatus.DONE, why(""), minutes(5))
    assert ledger.watching(["lead:4711", "lead:4711"]) == []


@pytest.mark.parametrize(
    ("waits_for", "signals"),
    [
        ({"dates": ("visit_date",)}, ("lead.updated:visit_date",)),
        ({"rechecks_on": ("lead.updated",)}, ("lead.updated:*",)),
        ({"rechecks_on": ("lead.updated",), "dates": ("ends_at",)}, ("lead.updated:*", "lead.updated:ends_at")),
    ],
)
def test_a_run_that_only_changes_of_its_record_concern_is_found_under_the_record_alone(
    ledger: DynamoRuns, dynamodb: Any, waits_for: dict[str, Any], signals: tuple[str, ...]
) -> None:
    started = run(event(), **{"exits_on": (), "rechecks_on": (), **waits_for})
    assert ledger.start(started, event(), [], enrolment_key=None) is Started.STARTED
    assert ledger.watching(["lead:4711"]) == [Subscription(started.id, signals, NOW)]
    assert ledger.watching([f"phone#{PHONE}"]) == []
    state = ledger.load(started.id)
    assert state is not None
    assert (state.run.dates, state.run.rechecks_on) == (started.dates, started.rechecks_on)
    assert ledger.finish(started, RunStatus.DONE, why(""), minutes(5))
    assert ledger.watching(["lead:4711"]) == []
    left = dynamodb.scan(TableName=RUNS)["Items"]
    assert [item["sk"]["S"] for item in left] == ["run"]


def test_a_wave_is_dispatched_once_and_forward_only(ledger: DynamoRuns) -> None:
    started = run(event())
    ledger.start(started, event(), [], enrolment_key=None)
    first = replace(started, step_group=0, due=minutes(3))
    assert ledger.dispatch(first, [job(first)])
    assert not ledger.dispatch(first, [job(first)])
    assert not ledger.dispatch(first, []), "nor a step group of which nothing is due"
    second = replace(first, step_group=1, due=minutes(5))
    assert ledger.dispatch(second, [job(second, "call", step_group=1)])
    assert not ledger.dispatch(first, [job(first)])
    found = _run(ledger, started.id)
    assert (found.step_group, found.due, found.status) == (1, minutes(5), RunStatus.RUNNING)


def test_of_two_ways_on_one_is_taken(ledger: DynamoRuns) -> None:
    """A run waits in its first group: its timer enters the next one, and a branch passes three over."""
    started = run(event(), step_group=0)
    for first, second in ((1, 3), (3, 1)):
        own = replace(started, id=f"run_{first}")
        ledger.start(own, event(), [], enrolment_key=None)
        assert ledger.dispatch(replace(own, step_group=first), [], behind=0)
        assert not ledger.dispatch(replace(own, step_group=second), [], behind=0)
        assert _run(ledger, own.id).step_group == first


def test_nothing_is_dispatched_in_a_run_that_ended(ledger: DynamoRuns) -> None:
    started = run(event())
    ledger.start(started, event(), [], enrolment_key=None)
    ledger.finish(started, RunStatus.STOPPED, why("exit"), minutes(2))
    step_group = replace(started, step_group=0)
    assert not ledger.dispatch(step_group, [job(step_group)])
    state = ledger.load(started.id)
    assert state is not None
    assert state.jobs == ()


def test_a_run_that_ends_while_its_step_group_is_dispatched_has_no_new_jobs(
    ledger: DynamoRuns, client: Intervening, dynamodb: Any
) -> None:
    other = DynamoRuns(dynamodb, RUNS, RECORDS, FixedClock(), RETENTION)
    started = run(event())
    ledger.start(started, event(), [], enrolment_key=None)
    client.before["update_item"] = [lambda: other.finish(started, RunStatus.STOPPED, why("exit"), minutes(2))]
    step_group = replace(started, step_group=0)
    assert not ledger.dispatch(step_group, [job(step_group)])
    assert ledger.watching(started.watch) == []


def test_parking_moves_the_status_but_not_the_clock(ledger: DynamoRuns) -> None:
    started = run(event(), step_group=0)
    ledger.start(started, event(), [], enrolment_key=None)
    ledger.park(started, minutes(60))
    assert _run(ledger, started.id) == replace(started, status=RunStatus.WAITING, waits_until=minutes(60))
    assert ledger.dispatch(replace(started, step_group=1), [])
    ledger.park(started, minutes(90))
    assert _run(ledger, started.id).status is RunStatus.RUNNING, "it is further already"


def test_a_run_ends_once(ledger: DynamoRuns) -> None:
    started = run(event())
    ledger.start(started, event(), [job(started)], enrolment_key=None)
    assert ledger.finish(started, RunStatus.DONE, why("1 of 1 steps done"), minutes(7))
    assert not ledger.finish(started, RunStatus.STOPPED, why("late"), minutes(8))
    ledger.park(started, minutes(9))
    found = _run(ledger, started.id)
    assert (found.status, found.reason, found.finished_at) == (RunStatus.DONE, why("1 of 1 steps done"), minutes(7))


def test_a_reason_is_stored_as_code_and_params_with_its_code_beside_it(ledger: DynamoRuns, dynamodb: Any) -> None:
    started = run(event())
    ledger.start(started, event(), [], enrolment_key=None)
    [before] = [item for item in _items(dynamodb).values() if item["sk"] == {"S": "run"}]
    assert not {"reason", "reason_code"} & before.keys()
    reason = AT_STEP(step="hello", reason=Reason("sample.cause", {"share": 1.5, "names": ["a", None, True]}))
    assert ledger.finish(started, RunStatus.FAILED, reason, minutes(7))
    [item] = [item for item in _items(dynamodb).values() if item["sk"] == {"S": "run"}]
    assert item["reason_code"] == {"S": "run.at_step"}
    assert json.loads(item["reason"]["S"]) == {
        "code": "run.at_step",
        "params": {
            "step": "hello",
            "reason": {"code": "sample.cause", "params": {"share": 1.5, "names": ["a", None, True]}},
        },
    }
    assert _run(ledger, started.id).reason == reason


@pytest.mark.parametrize("text", ["short", LONG], ids=["event within", "event apart"])
@pytest.mark.parametrize("exits_on", [(), EXITS], ids=["no exits", "exits"])
def test_what_an_open_run_holds_never_expires_and_the_rest_does(
    ledger: DynamoRuns, dynamodb: Any, text: str, exits_on: tuple[str, ...]
) -> None:
    own = event(data={"text": text})
    started = run(own, exits_on=exits_on, rechecks_on=())
    ledger.start(started, own, [job(started)], enrolment_key="k")
    assert not [item for item in _items(dynamodb).values() if "expires_at" in item]
    assert ledger.dispatch(replace(started, step_group=0), [job(started, "next")])
    assert ledger.finish(started, RunStatus.DONE, why(""), minutes(7))
    assert not ledger.finish(started, RunStatus.STOPPED, why(""), minutes(8))
    items = _items(dynamodb)
    at = str(int((minutes(7) + RETENTION).timestamp()))
    parts = {sk: item.get("expires_at", {}).get("N") for (pk, sk), item in items.items() if pk == f"run#{started.id}"}
    assert parts == ({"run": at, "event": at} if text == LONG else {"run": at})
    assert "expires_at" not in items["enrolled#k", "enrolled"], "who entered once, entered for good"
    assert not [pk for pk, _ in items if pk.startswith("subscription#")]


def test_a_run_that_nothing_may_stop_is_one_item_written_once(
    ledger: DynamoRuns, client: Intervening, dynamodb: Any
) -> None:
    calls: list[str] = []
    for name in ("put_item", "transact_write_items", "update_item"):
        client.before[name] = [partial(calls.append, name)]
    started = run(event(), exits_on=(), rechecks_on=())
    assert ledger.start(started, event(), [job(started)], enrolment_key=None) is Started.STARTED
    assert ledger.finish(started, RunStatus.DONE, why("1 of 1 steps done"), minutes(7))
    assert (calls, len(_items(dynamodb))) == (["put_item", "update_item"], 1)


def test_a_large_event_is_read_with_its_run_and_after_each_outcome(ledger: DynamoRuns) -> None:
    own = event(data={"text": LONG})
    started = run(own)
    pending = job(started)
    ledger.start(started, own, [pending], enrolment_key=None)
    loaded = ledger.load(started.id)
    assert loaded is not None
    assert (loaded.event, loaded.jobs) == (own, (pending,))
    ended = ledger.complete(pending, Outcome(JobStatus.DONE, why("sent")), minutes(1))
    assert ended == ledger.load(started.id)
    assert ended is not None
    assert (ended.event, ended.jobs[0].status) == (own, JobStatus.DONE)


def test_a_run_that_ended_at_its_start_expires_and_watches_nothing(ledger: DynamoRuns, dynamodb: Any) -> None:
    ended = run(event(), status=RunStatus.SKIPPED, finished_at=minutes(1))
    ledger.start(ended, event(), [job(ended, status=JobStatus.SKIPPED)], enrolment_key=None)
    assert {pk for pk, _ in _items(dynamodb)} == {f"run#{ended.id}"}
    assert all("expires_at" in item for item in _items(dynamodb).values())


def test_a_job_that_completes_in_the_middle_of_the_end_keeps_its_outcome(
    ledger: DynamoRuns, client: Intervening, dynamodb: Any
) -> None:
    other = DynamoRuns(dynamodb, RUNS, RECORDS, FixedClock(), RETENTION)
    started = run(event())
    own = job(started)
    ledger.start(started, event(), [own], enrolment_key=None)
    claimed = ledger.claim(own, now=NOW, lease_until=minutes(2), repeatable=False)
    done = Outcome(JobStatus.DONE, why("sent"))
    client.before["transact_write_items"] = [lambda: other.complete(claimed, done, minutes(1))]
    assert ledger.finish(started, RunStatus.STOPPED, why("exit"), minutes(2))
    state = ledger.load(started.id)
    assert state is not None
    assert state.jobs[0].status is JobStatus.DONE


# --- lists -------------------------------------------------------------------------------------------


def test_lists_are_newest_first_page_by_page(ledger: DynamoRuns) -> None:
    started = []
    for number in range(5):
        own = event(f"e{number}")
        started.append(run(own, started_at=minutes(number)))
        ledger.start(started[-1], own, [], enrolment_key=None)
    ledger.start(run(event("x"), rule="rule_2", record=None), event("x"), [], enrolment_key=None)
    for listed, key in (
        (ledger.by_rule, "rule_1"),
        (ledger.by_record, "lead:4711"),
    ):
        first = listed(key, limit=3, cursor=None)
        rest = listed(key, limit=3, cursor=first.cursor)
        assert [*first.items, *rest.items] == started[::-1]
        assert rest.cursor is None


def test_a_list_by_status_shows_where_runs_stand_now(ledger: DynamoRuns) -> None:
    first, second = run(event("e1"), started_at=minutes(1)), run(event("e2"), started_at=minutes(2))
    ledger.start(first, event("e1"), [], enrolment_key=None)
    ledger.start(second, event("e2"), [], enrolment_key=None)
    assert _ids(ledger, "running") == [first.id, second.id]
    ledger.finish(first, RunStatus.FAILED, why("no"), minutes(3))
    ledger.park(second, minutes(9))
    assert (_ids(ledger, "running"), _ids(ledger, "failed"), _ids(ledger, "waiting")) == ([], [first.id], [second.id])
    assert _ids(ledger, "no such status") == []


def test_a_list_by_status_is_one_list_over_all_its_partitions(ledger: DynamoRuns) -> None:
    ended, waiting = [], []
    for number in range(25):
        own = event(f"e{number}")
        started = run(own, started_at=minutes(number), exits_on=(), rechecks_on=())
        ledger.start(started, own, [], enrolment_key=None)
        if number % 2:
            ledger.finish(started, RunStatus.DONE, why(""), minutes(100 - number))
            ended.insert(0, started.id)
        else:
            ledger.park(started, minutes(1_000 - number))
            waiting.insert(0, started.id)
    for status, expected in (("done", ended), ("waiting", waiting)):
        found: list[str] = []
        cursor, pages = None, 0
        while pages == 0 or cursor:
            page = ledger.by_status(status, limit=5, cursor=cursor)
            assert len(page.items) <= 5
            found += [each.id for each in page.items]
            cursor, pages = page.cursor, pages + 1
        assert (found, pages) == (expected, 3)


def test_open_runs_that_were_to_be_looked_at_are_found_longest_overdue_first(ledger: DynamoRuns) -> None:
    runs = [run(event(f"e{number}"), started_at=minutes(number)) for number in range(6)]
    for each in runs:
        ledger.start(each, event(), [], enrolment_key=None)
    ledger.finish(runs[1], RunStatus.DONE, why(""), minutes(9))
    ledger.park(runs[2], minutes(50))
    ledger.look_again(runs[3].id, minutes(40))
    ledger.look_again(runs[1].id, minutes(1))
    late = replace(run(event("late")), status=RunStatus.WAITING, waits_until=minutes(3.5))
    ledger.start(late, event(), [], enrolment_key=None)
    assert ledger.overdue(minutes(4.5), 10) == [runs[0].id, late.id, runs[4].id]
    assert ledger.overdue(minutes(4.5), 2) == [runs[0].id, late.id]
    assert ledger.overdue(minutes(45), 10) == [runs[0].id, late.id, runs[4].id, runs[5].id, runs[3].id]
    assert ledger.overdue(minutes(60), 10)[-1] == runs[2].id


def _ids(ledger: DynamoRuns, status: str) -> list[str]:
    return [found.id for found in ledger.by_status(status, limit=10, cursor=None).items]


def test_a_cursor_of_another_list_is_refused(ledger: DynamoRuns) -> None:
    for number in range(2):
        ledger.start(run(event(f"e{number}")), event(f"e{number}"), [], enrolment_key=None)
    cursor = ledger.by_rule("rule_1", limit=1, cursor=None).cursor
    assert cursor is not None
    with pytest.raises(Invalid, match="cursor"):
        ledger.by_rule("rule_2", limit=1, cursor=cursor)
    with pytest.raises(Invalid, match="cursor"):
        ledger.by_record("lead:4711", limit=1, cursor=cursor)


def test_the_outcome_of_a_run_can_be_corrected_and_its_lists_follow(ledger: DynamoRuns) -> None:
    started = run(event())
    ledger.start(started, event(), [], enrolment_key=None)
    assert ledger.revise(replace(started, status=RunStatus.UNKNOWN), RunStatus.DONE, why("early")) is False
    ledger.finish(started, RunStatus.UNKNOWN, why("no answer"), NOW)
    ended = ledger.load(started.id)
    assert ended is not None
    assert ledger.revise(ended.run, RunStatus.DONE, why("1 of 1 steps done")) is True
    [found] = ledger.by_status("done", limit=10, cursor=None).items
    assert (found.id, found.reason, found.finished_at) == (started.id, why("1 of 1 steps done"), NOW)
    assert ledger.by_status("unknown", limit=10, cursor=None).items == ()


def _pair(ledger: DynamoRuns) -> tuple[Run, Run]:
    """A run under way, and one behind it."""
    own = event()
    first = run(own)
    second = behind(run(own, rule="rule_2"), first)
    for each in (first, second):
        assert ledger.start(each, own, [], enrolment_key=None) is Started.STARTED
    return first, second


def test_a_run_in_line_is_known_to_the_one_before_it(ledger: DynamoRuns, dynamodb: Any) -> None:
    first, second = _pair(ledger)
    assert (_run(ledger, second.id).is_in_line, _run(ledger, second.id).follows_name) == (True, "Welcome")
    for _ in range(2):
        assert ledger.follow(second, first)
    assert ledger.follow(replace(second, id="run_third"), first)
    assert sorted(_run(ledger, first.id).followers) == sorted([second.id, "run_third"])
    image = _items(dynamodb)[f"run#{first.id}", "run"]
    ended = ended_run({"NewImage": {**image, "status": {"S": "done"}}})
    assert ended is not None
    assert sorted(ended.followers) == sorted([second.id, "run_third"]), "as the stream tells it"


def test_the_stream_tells_of_a_run_that_ended_with_jobs_that_nobody_began(ledger: DynamoRuns, dynamodb: Any) -> None:
    started = run(event("e1"))
    ledger.start(started, event("e1"), [job(started)], enrolment_key=None)
    for expected in (True, False):
        image = {**_items(dynamodb)[f"run#{started.id}", "run"], "status": {"S": "stopped"}}
        assert ended_run({"NewImage": image}) is not None
        assert ended_too_early({"NewImage": image}) is expected
        if expected:
            ledger.claim(job(started), now=NOW, lease_until=minutes(2), repeatable=False)


def test_nobody_follows_a_run_that_is_over(ledger: DynamoRuns) -> None:
    first, second = _pair(ledger)
    assert ledger.finish(first, RunStatus.DONE, why("done"), NOW)
    assert not ledger.follow(second, first)
    assert not ledger.follow(second, replace(first, id="run_none"))
    assert _run(ledger, first.id).followers == ()


def test_a_run_in_line_moves_up_behind_another(ledger: DynamoRuns) -> None:
    first, second = _pair(ledger)
    third = behind(run(event(), rule="rule_3"), second)
    ledger.start(third, event(), [], enrolment_key=None)
    assert ledger.follow(third, first)
    found = _run(ledger, third.id)
    assert (found.follows, found.follows_rule, found.turn, found.is_in_line) == (first.id, first.rule_id, 2, True)


def test_a_run_that_is_resumed_in_line_waits_again(ledger: DynamoRuns) -> None:
    first, second = _pair(ledger)
    assert ledger.pause(second.id, why("paused"), NOW) is not None
    paused = _run(ledger, second.id)
    assert not paused.is_in_line
    resumed = ledger.resume(paused, minutes(5))
    assert resumed is not None
    assert (resumed.run.status, resumed.run.is_in_line) == (RunStatus.WAITING, True)
    assert ledger.follow(resumed.run, first)
    assert _run(ledger, second.id).status is RunStatus.WAITING


def test_a_run_in_line_begins_with_jobs_or_with_a_wait(ledger: DynamoRuns) -> None:
    _, second = _pair(ledger)
    ledger.park(second, minutes(60))
    waiting = _run(ledger, second.id)
    assert (waiting.status, waiting.waits_until, waiting.is_in_line) == (RunStatus.WAITING, minutes(60), False)
    begun = replace(second, step_group=0, due=minutes(60))
    assert ledger.dispatch(begun, [job(begun)])
    assert _run(ledger, second.id).status is RunStatus.RUNNING
    assert ledger.follow(second, begun), "a repetition that comes late changes nothing about how it stands"
    assert not _run(ledger, second.id).is_in_line


def test_a_run_in_line_is_looked_at_by_sweeps(ledger: DynamoRuns) -> None:
    first, second = _pair(ledger)
    assert set(ledger.overdue(minutes(100), 10)) == {first.id, second.id}
    ledger.look_again(second.id, minutes(120))
    assert ledger.overdue(minutes(100), 10) == [first.id]


def test_a_run_that_waits_for_an_event_is_found_by_it(ledger: DynamoRuns) -> None:
    own = event()
    started = run(own, exits_on=(), rechecks_on=(), awaits_on=("contact.replied",))
    assert ledger.start(started, own, [], enrolment_key=None) is Started.STARTED
    assert ledger.watching([f"phone#{PHONE}"]) == [Subscription(started.id, ("contact.replied",), started.entered)]
    ledger.finish(started, RunStatus.DONE, why("done"), minutes(5))
    assert ledger.watching(started.watch) == []


def test_an_event_before_the_start_does_not_keep_a_run_from_waiting_for_it(ledger: DynamoRuns) -> None:
    own = event()
    ledger.note_exit([f"phone#{PHONE}"], event("e2", "contact.replied", minutes(1)))
    started = run(own, exits_on=(), rechecks_on=(), awaits_on=("contact.replied",))
    assert ledger.start(started, own, [], enrolment_key=None) is Started.STARTED


def test_since_when_events_count_is_stored_with_the_wait(ledger: DynamoRuns) -> None:
    started = run(event(), step_group=0)
    ledger.start(started, event(), [], enrolment_key=None)
    ledger.park(started, minutes(60), minutes(2))
    assert _run(ledger, started.id).awaits_since == minutes(2)
    ledger.park(started, minutes(60))
    assert _run(ledger, started.id).awaits_since is None
    ledger.park(started, minutes(60), minutes(2))
    assert ledger.dispatch(replace(started, step_group=1), [])
    assert _run(ledger, started.id).awaits_since is None


def test_what_was_noted_of_events_is_the_newest_of_each_type_and_key(ledger: DynamoRuns) -> None:
    replied = [event(f"r{minute}", "contact.replied", minutes(minute)) for minute in (2, 1)]
    for each in replied:
        ledger.note_exit(["lead:4711"], each)
    ledger.note_exit([f"phone#{PHONE}"], event("o", "offer.made", minutes(3)))
    keys = ["lead:4711", "lead:4711", f"phone#{PHONE}", "lead:none"]
    assert ledger.noted(keys, ["contact.replied"]) == [mark_of(replied[0])]
    assert {mark.type for mark in ledger.noted(keys, ["contact.replied", "offer.made", "a.b"])} == {
        "contact.replied",
        "offer.made",
    }
    assert ledger.noted([], ["contact.replied"]) == []


@pytest.mark.parametrize(("keys", "fits"), [(48, True), (49, False)])
def test_a_run_with_exits_is_subscribed_under_as_many_keys_as_the_page_says(
    ledger: DynamoRuns, keys: int, fits: bool
) -> None:
    own = replace(event(), data={"text": LONG})
    many = run(own, watch=tuple(f"phone#+90{number}" for number in range(keys)))
    if fits:
        assert ledger.start(many, own, [], enrolment_key="k") is Started.STARTED
        assert ledger.finish(many, RunStatus.DONE, why(""), minutes(5))
    else:
        with pytest.raises(Invalid, match=r"store\.too_many_writes"):
            ledger.start(many, own, [], enrolment_key="k")
