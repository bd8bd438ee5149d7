"""The job ledger on DynamoDB: claims, leases, fences, and records written together with an outcome."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace

from tests.adapters.interventions import Intervening, lose_answer
from tests.adapters.samples import NOW, PHONE, FixedClock, event, job, minutes, record, run, why
from tests.adapters.tables import RECORDS, RUNS
from whenthen.adapters.dynamodb.records_table.records import DynamoRecords
from whenthen.adapters.dynamodb.runs_table.runs import DynamoRuns
from whenthen.domain.common.errors import Busy, Invalid, NotFound, Stale, Temporary, TooLarge, WhenthenError
from whenthen.domain.runs.run import Job, JobStatus, Outcome, RunStatus
from whenthen.domain.sending.holds import CAP, QUIET_HOURS
from whenthen.domain.work.selection import Selection
from whenthen.ports.reason_codes import ATTEMPT_VANISHED
from whenthen.ports.values import Counter, RecordWrite

LEASE = timedelta(seconds=90)
MINUTE = timedelta(minutes=1)
DONE = Outcome(JobStatus.DONE, why("sent"), {"message_id": "wamid.1", "count": 1})


@pytest.fixture
def client(dynamodb: Any) -> Intervening:
    """A client that a test can act around."""
    return Intervening(dynamodb)


@pytest.fixture
def ledger(client: Intervening) -> DynamoRuns:
    """The ledger."""
    return DynamoRuns(client, RUNS, RECORDS, FixedClock(), timedelta(days=90))


@pytest.fixture
def pending(ledger: DynamoRuns) -> Job:
    """The job of a run under way."""
    started = run(event())
    found = job(started)
    ledger.start(started, event(), [found], enrolment_key=None)
    return found


def _claim(ledger: DynamoRuns, found: Job, at: datetime = NOW, *, repeatable: bool = False) -> Job:
    return ledger.claim(found, now=at, lease_until=at + LEASE, repeatable=repeatable)


def _stored(ledger: DynamoRuns, found: Job) -> Job:
    state = ledger.load(found.run_id)
    assert state is not None
    [stored] = [each for each in state.jobs if each.id == found.id]
    return stored


def test_a_claim_counts_attempts_and_holds_a_lease(ledger: DynamoRuns, pending: Job) -> None:
    claimed = _claim(ledger, pending)
    assert claimed == replace(pending, status=JobStatus.CLAIMED, attempt=1, lease_until=NOW + LEASE)
    assert _stored(ledger, pending) == claimed


@pytest.mark.parametrize("repeatable", [True, False])
def test_of_two_claims_the_second_is_told_for_how_long(ledger: DynamoRuns, pending: Job, *, repeatable: bool) -> None:
    _claim(ledger, pending)
    with pytest.raises(Busy) as raised:
        _claim(ledger, pending, NOW + timedelta(seconds=30), repeatable=repeatable)
    assert raised.value.retry_after == 60


def test_a_job_with_an_outcome_is_not_claimed(ledger: DynamoRuns, pending: Job) -> None:
    assert ledger.complete(_claim(ledger, pending), DONE, minutes(1))
    found = _claim(ledger, pending, minutes(5), repeatable=True)
    assert found.status is JobStatus.DONE
    assert found.attempt == 1


def test_a_pending_job_has_its_outcome_without_a_claim_unless_another_was_quicker(
    ledger: DynamoRuns, pending: Job
) -> None:
    skipped = Outcome(JobStatus.SKIPPED, why("refused"))
    claimed = _claim(ledger, pending)
    assert not ledger.complete(pending, skipped, minutes(1)), "another has it"
    ledger.release(claimed, why("throttled"))
    assert not ledger.complete(pending, skipped, minutes(1)), "another had it since"
    assert ledger.complete(replace(pending, attempt=1), skipped, minutes(1))
    assert (_stored(ledger, pending).status, _stored(ledger, pending).attempt) == (JobStatus.SKIPPED, 1)


def test_a_job_that_is_not_there_cannot_be_claimed(ledger: DynamoRuns, pending: Job) -> None:
    with pytest.raises(NotFound):
        _claim(ledger, replace(pending, step_id="other"))


def test_a_repeatable_claim_whose_lease_ran_out_is_taken_over(ledger: DynamoRuns, pending: Job) -> None:
    first = _claim(ledger, pending)
    second = _claim(ledger, pending, NOW + LEASE, repeatable=True)
    assert (second.status, second.attempt) == (JobStatus.CLAIMED, 2)
    assert not ledger.complete(first, DONE, minutes(2)), "the first worker is fenced off"
    ledger.release(first, why("too late"))
    assert _stored(ledger, pending) == second
    assert ledger.complete(second, DONE, minutes(3))


def test_another_claim_whose_lease_ran_out_becomes_unknown(ledger: DynamoRuns, pending: Job) -> None:
    first = _claim(ledger, pending)
    found = _claim(ledger, pending, NOW + LEASE)
    assert (found.status, found.attempt, found.finished_at) == (JobStatus.UNKNOWN, 1, NOW + LEASE)
    assert found.reason == ATTEMPT_VANISHED(attempt=1)
    assert not ledger.complete(first, DONE, minutes(2)), "what became unknown stays so"
    assert _stored(ledger, pending).status is JobStatus.UNKNOWN


def test_the_lease_holds_to_its_last_millisecond(ledger: DynamoRuns, pending: Job) -> None:
    _claim(ledger, pending)
    with pytest.raises(Busy):
        _claim(ledger, pending, NOW + LEASE - timedelta(milliseconds=1), repeatable=True)


def test_a_worker_that_completes_just_before_it_is_given_up_has_its_outcome(
    ledger: DynamoRuns, client: Intervening, dynamodb: Any, pending: Job
) -> None:
    first = _claim(ledger, pending)
    other = DynamoRuns(dynamodb, RUNS, RECORDS, FixedClock(), timedelta(days=90))
    client.after["get_item"] = [lambda: other.complete(first, DONE, minutes(1))]
    assert _claim(ledger, pending, NOW + LEASE).status is JobStatus.DONE


def test_a_released_job_is_claimed_anew(ledger: DynamoRuns, pending: Job) -> None:
    ledger.release(_claim(ledger, pending), why("throttled"))
    released = _stored(ledger, pending)
    assert (released.status, released.attempt, released.lease_until, released.reason) == (
        JobStatus.PENDING,
        1,
        None,
        why("throttled"),
    )
    assert _claim(ledger, pending).attempt == 2


def test_a_postponed_job_is_claimed_anew_and_its_refusals_are_counted(ledger: DynamoRuns, pending: Job) -> None:
    for times in (1, 2):
        assert ledger.postpone(_claim(ledger, pending), why("SES: Throttling"))
        found = _stored(ledger, pending)
        assert (found.status, found.reason, found.lease_until) == (JobStatus.PENDING, why("SES: Throttling"), None)
        assert (found.attempt, found.postponed, found.attempts) == (times, times, 0)
    ledger.release(_claim(ledger, pending), why("out of order"))
    assert _stored(ledger, pending).attempts == 1
    claimed = _claim(ledger, pending)
    assert ledger.complete(claimed, DONE, minutes(1))
    assert _stored(ledger, pending).postponed == 2


def test_a_job_is_held_for_a_later_attempt_and_its_run_left_alone_until_then(ledger: DynamoRuns, pending: Job) -> None:
    claimed, until = _claim(ledger, pending), NOW + timedelta(days=2)
    assert ledger.hold(claimed, why("blocked"), until)
    found = _stored(ledger, pending)
    assert (found.status, found.attempts, found.reason) == (JobStatus.PENDING, 1, why("blocked"))
    assert (found.held_until, found.lease_until) == (until, None)
    assert found.is_held(until - MINUTE)
    assert not found.is_held(until)
    assert ledger.overdue(until, 10) == []
    assert ledger.overdue(until + MINUTE, 10) == [pending.run_id]
    assert _claim(ledger, found, until).attempt == 2


def test_a_job_is_not_held_once_its_claim_or_its_run_is_over(ledger: DynamoRuns, pending: Job) -> None:
    claimed, until = _claim(ledger, pending), NOW + timedelta(days=2)
    assert not ledger.hold(replace(claimed, attempt=2), why("blocked"), until)
    state = ledger.load(pending.run_id)
    assert state is not None
    assert ledger.finish(state.run, RunStatus.STOPPED, why("stopped"), NOW)
    assert not ledger.hold(claimed, why("blocked"), until)
    assert _stored(ledger, pending) == claimed
    (listed,) = ledger.by_status("stopped", limit=10, cursor=None).items
    assert listed.id == pending.run_id


def test_a_hold_that_finds_itself_made_is_ours(ledger: DynamoRuns, client: Intervening, pending: Job) -> None:
    claimed = _claim(ledger, pending)
    client._client = _Twice(client._client)
    assert ledger.hold(claimed, why("blocked"), NOW + timedelta(days=2))


def test_a_held_job_is_freed_only_when_its_time_is_over(ledger: DynamoRuns, pending: Job) -> None:
    claimed, until = _claim(ledger, pending), NOW + timedelta(days=2)
    ledger.free(pending, until, NOW)
    assert _stored(ledger, pending) == claimed
    ledger.hold(claimed, why("blocked"), until)
    ledger.free(pending, until - MINUTE, NOW)
    assert _stored(ledger, pending).held_until == until
    ledger.free(pending, until, NOW + 5 * MINUTE)
    assert _stored(ledger, pending).held_until == NOW + 5 * MINUTE


def test_a_run_whose_message_limits_hold_is_found_as_such_until_it_goes_on(ledger: DynamoRuns, pending: Job) -> None:
    held, reason = Selection(held=True), QUIET_HOURS(until="2026-03-16T09:30:00.000Z")
    assert ledger.open_runs(held, limit=10, cursor=None).items == ()
    assert ledger.hold(pending, reason, NOW + timedelta(days=2))
    assert [run.id for run in ledger.open_runs(held, limit=10, cursor=None).items] == [pending.run_id]
    assert [run.id for run in ledger.by_status("running", limit=10, cursor=None).items] == [pending.run_id]
    assert ledger.overdue(NOW + timedelta(days=3), 10) == [pending.run_id], "sweeps look at it too"
    ledger.pause(pending.run_id, why("paused"), NOW)
    assert ledger.open_runs(held, limit=10, cursor=None).items == ()
    assert not ledger.hold(pending, reason, NOW + timedelta(days=3)), "limits hold nothing of a run that is paused"
    assert [run.id for run in ledger.by_status("paused", limit=10, cursor=None).items] == [pending.run_id]


def test_a_job_says_in_whose_log_it_is_counted(ledger: DynamoRuns, pending: Job) -> None:
    counted = replace(pending, counted_for="email#a@example.com")
    assert ledger.hold(counted, CAP(channel="any", most=1, until="2026-03-16T09:30:00.000Z"), NOW + MINUTE)
    assert _stored(ledger, pending).counted_for == "email#a@example.com"
    ledger.free(pending, NOW + MINUTE, NOW)
    claimed = _claim(ledger, replace(_stored(ledger, pending), counted_for="phone#+905321234567"))
    assert claimed.counted_for == "phone#+905321234567"


@pytest.mark.parametrize("alone", [True, False])
def test_a_pending_job_is_held_by_limits_without_an_attempt(ledger: DynamoRuns, pending: Job, alone: bool) -> None:
    until, reason = NOW + timedelta(days=2), QUIET_HOURS(until="2026-03-16T09:30:00.000Z")
    for _ in range(2):  # a repetition changes nothing
        assert ledger.hold(pending, reason, until, alone=alone)
    found = _stored(ledger, pending)
    assert (found.status, found.attempt, found.held_until) == (JobStatus.PENDING, 0, until)
    assert (found.limited, found.woken) == (True, until)
    # A run with other open jobs is looked at by the sweeps meanwhile.
    assert (ledger.overdue(until, 10) == []) is alone
    ledger.free(found, until, NOW + MINUTE, woken_at=until)
    woken = _stored(ledger, pending)
    assert (woken.held_until, woken.woken_at, woken.woken) == (NOW + MINUTE, until, until)
    claimed = _claim(ledger, woken)
    assert claimed.attempt == 1
    assert not ledger.hold(pending, reason, until)


def test_a_job_that_is_no_longer_held_is_not_postponed(ledger: DynamoRuns, pending: Job) -> None:
    first = _claim(ledger, pending, repeatable=True)
    second = _claim(ledger, pending, NOW + LEASE, repeatable=True)
    assert not ledger.postpone(first, why("late"))
    assert _stored(ledger, pending) == second
    assert ledger.complete(second, DONE, minutes(3))
    assert not ledger.postpone(second, why("later still"))


def test_a_postponement_that_finds_itself_made_is_ours(ledger: DynamoRuns, client: Intervening, pending: Job) -> None:
    claimed = _claim(ledger, pending)
    client._client = _Twice(client._client)
    assert ledger.postpone(claimed, why("SES: Throttling"))
    assert _stored(ledger, pending).postponed == 1


def test_the_outcome_is_kept_with_its_result(ledger: DynamoRuns, pending: Job) -> None:
    claimed = _claim(ledger, pending)
    assert ledger.complete(claimed, DONE, minutes(1))
    assert _stored(ledger, pending) == replace(
        claimed, status=DONE.status, reason=why("sent"), result=DONE.result, finished_at=minutes(1), lease_until=None
    )


def test_a_second_outcome_changes_nothing(ledger: DynamoRuns, pending: Job) -> None:
    claimed = _claim(ledger, pending)
    assert ledger.complete(claimed, DONE, minutes(1))
    assert not ledger.complete(claimed, Outcome(JobStatus.FAILED, why("no")), minutes(2))
    assert _stored(ledger, pending).status is JobStatus.DONE


def test_a_claim_that_finds_itself_made_is_ours(ledger: DynamoRuns, client: Intervening, pending: Job) -> None:
    """The client repeats a claim whose answer was lost, and finds the job claimed: by itself."""
    client._client = _Twice(client._client)
    claimed = _claim(ledger, pending)
    assert (claimed.status, claimed.attempt) == (JobStatus.CLAIMED, 1)


def test_an_outcome_that_finds_itself_written_is_ours(ledger: DynamoRuns, client: Intervening, pending: Job) -> None:
    claimed = _claim(ledger, pending)
    client._client = _Twice(client._client)
    assert ledger.complete(claimed, DONE, NOW + timedelta(microseconds=1_234))


class _Twice:
    """A client whose updates are carried out twice, of which only the second is heard."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def update_item(self, **request: Any) -> Any:
        self._client.update_item(**request)
        return self._client.update_item(**request)


# --- with records and counters ---------------------------------------------------------------------


@pytest.fixture
def records(dynamodb: Any) -> DynamoRecords:
    """The records that jobs change."""
    return DynamoRecords(dynamodb, RECORDS)


def test_records_counter_and_outcome_are_written_together(
    ledger: DynamoRuns, records: DynamoRecords, pending: Job
) -> None:
    new = record(phone=PHONE, owner="agent:ayse")
    ledger.complete_with(pending, DONE, minutes(1), [RecordWrite(new, None)], Counter("owner", 0, 1))
    assert records.get(new.ref) == new
    assert records.find([f"phone#{PHONE}"]) == new
    assert ledger.counter("owner") == 1
    assert _stored(ledger, pending).status is JobStatus.DONE


def test_a_counter_does_not_expire(ledger: DynamoRuns, dynamodb: Any, pending: Job) -> None:
    ledger.complete_with(pending, DONE, minutes(1), [], Counter("owner", 0, 1))
    (item,) = [item for item in dynamodb.scan(TableName=RUNS)["Items"] if item["pk"]["S"] == "counter#owner"]
    assert "expires_at" not in item


def test_a_counter_starts_at_nothing(ledger: DynamoRuns) -> None:
    assert ledger.counter("owner") == 0


@pytest.mark.parametrize("what", ["job", "record", "counter"])
def test_if_one_part_moved_on_nothing_is_written(
    ledger: DynamoRuns, records: DynamoRecords, pending: Job, what: str
) -> None:
    old = record(name="old")
    records.put(old, None)
    if what == "record":
        records.put(record(version=2, name="newer"), old)
    if what == "job":
        ledger.complete_with(pending, Outcome(JobStatus.SKIPPED, why("not now")), NOW, [], None)
    before = records.get(old.ref), ledger.counter("turn"), _stored(ledger, pending)
    moved = Counter("turn", 1 if what == "counter" else 0, 2)
    with pytest.raises(Stale, match=pending.id):
        ledger.complete_with(pending, DONE, minutes(1), [RecordWrite(record(version=2, name="mine"), old)], moved)
    assert (records.get(old.ref), ledger.counter("turn"), _stored(ledger, pending)) == before


@pytest.mark.parametrize(
    ("fields", "error"),
    [({"text": "x" * 450_000}, TooLarge), ({"whatsapp": "x" * 600}, Invalid), ({"whatsapp": "💥" * 505}, Invalid)],
)
def test_what_the_store_cannot_hold_is_refused_and_the_job_stands(
    ledger: DynamoRuns, pending: Job, fields: dict[str, Any], error: type[WhenthenError]
) -> None:
    with pytest.raises(error):
        ledger.complete_with(pending, DONE, NOW, [RecordWrite(record(**fields), None)], None)
    assert _stored(ledger, pending) == pending


@pytest.mark.parametrize("where", ["of its own", "among the reasons"])
def test_dynamodb_says_in_two_ways_that_an_item_is_too_large(
    ledger: DynamoRuns, client: Intervening, pending: Job, where: str
) -> None:
    said = "Item size has exceeded the maximum allowed size"
    reasons = [{"Code": "None"}, {"Code": "ValidationError", "Message": said}]

    def refuse() -> None:
        if where == "of its own":
            raise ClientError({"Error": {"Code": "ValidationException", "Message": said}}, "TransactWriteItems")
        raise client.exceptions.TransactionCanceledException(
            {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}, "TransactWriteItems"
        )

    client.before["transact_write_items"] = [refuse]
    with pytest.raises(TooLarge):
        ledger.complete_with(pending, DONE, NOW, [RecordWrite(record(), None)], None)


def test_of_two_turns_taken_at_once_one_is_stale(ledger: DynamoRuns, pending: Job) -> None:
    other = job(run(event()), "other")
    ledger.dispatch(replace(run(event()), step_group=0), [other])
    ledger.complete_with(pending, DONE, NOW, [], Counter("turn", 0, 1))
    with pytest.raises(Stale):
        ledger.complete_with(other, DONE, NOW, [], Counter("turn", 0, 1))
    ledger.complete_with(other, DONE, NOW, [], Counter("turn", 1, 2))
    assert ledger.counter("turn") == 2


def test_a_transaction_whose_answer_was_lost_is_seen_by_the_next_look(
    ledger: DynamoRuns, client: Intervening, pending: Job
) -> None:
    client.after["transact_write_items"] = [lose_answer]
    with pytest.raises(Temporary, match="ReadTimeoutError"):
        ledger.complete_with(pending, DONE, NOW, [], None)
    assert _stored(ledger, pending).status is JobStatus.DONE


def test_a_report_settles_a_job_that_stands_as_it_was_read(ledger: DynamoRuns, pending: Job) -> None:
    ledger.complete(_claim(ledger, pending), Outcome(JobStatus.UNKNOWN, why("no answer")), NOW)
    unknown = _stored(ledger, pending)
    assert ledger.report(unknown, DONE, 3, minutes(5)) is not None
    settled = _stored(ledger, pending)
    assert (settled.status, settled.reason, settled.stage, settled.finished_at) == (JobStatus.DONE, why("sent"), 3, NOW)
    assert ledger.report(unknown, Outcome(JobStatus.FAILED, why("late")), 2, minutes(6)) is None
    assert ledger.report(unknown, DONE, 3, minutes(6)) is None, "another worker wrote one of the same stage"
    assert _stored(ledger, pending) == settled


def test_a_report_that_overtakes_the_answer_ends_the_claim(ledger: DynamoRuns, pending: Job) -> None:
    claimed = _claim(ledger, pending)
    assert ledger.report(claimed, DONE, 1, minutes(1)) is not None
    assert ledger.complete(claimed, Outcome(JobStatus.UNKNOWN, why("no answer")), minutes(2)) is None
    settled = _stored(ledger, pending)
    assert (settled.status, settled.finished_at, settled.lease_until) == (JobStatus.DONE, minutes(1), None)
