"""Queues and their consumers: static facts, most of which the emulator does not enforce."""

from __future__ import annotations

import pytest

from tests.template import channels
from tests.template.reading import (
    QUEUE,
    at_capacity,
    consumers,
    default_of,
    environment,
    largest,
    permissions,
    properties,
    queue_policies,
    resources,
    template,
    text,
    texts,
)
from whenthen.adapters.aws.client import ONCE_SECONDS
from whenthen.adapters.http.client import TOTAL_SECONDS
from whenthen.domain.common.backoff import NOT_DONE, outage_pause
from whenthen.runtime.queue_consumer import CALL_SECONDS, DEFECT_RECEIVES, STORE_SECONDS
from whenthen.usecases.runs.perform_job import LEASE

WORKED_ON = sorted(consumers())
MAPPINGS = [mapping for _, mapping in consumers().values()]
DEAD_LETTERS = sorted(name for name in resources(QUEUE) if name.endswith("DeadLetters"))
JOB_QUEUES = sorted(channels.QUEUES.values())
OUTSIDE_QUEUES = ["LeadQueue", *(channels.QUEUES[channel] for channel in channels.OUTSIDE)]
TICKS = ["ReconcileQueue", "ResumeQueue", "SweepQueue"]
LONGEST_CALL = max(TOTAL_SECONDS, sum(ONCE_SECONDS.values()))


def test_every_queue_is_worked_on_or_holds_dead_letters() -> None:
    assert sorted([*WORKED_ON, *DEAD_LETTERS]) == sorted(resources(QUEUE))


SENDS = sorted(channels.QUEUES[channel] for channel in channels.OUTSIDE)


@pytest.mark.parametrize("queue", sorted(set(WORKED_ON) - set(SENDS)))
def test_messages_stay_hidden_for_six_times_the_function_s_timeout(queue: str) -> None:
    function, _ = consumers()[queue]
    assert properties(queue)["VisibilityTimeout"] >= 6 * properties(function)["Timeout"]


@pytest.mark.parametrize("queue", SENDS)
def test_jobs_that_the_ledger_guards_return_from_a_dead_worker_within_minutes(queue: str) -> None:
    """AWS advises six times, so that a message read twice is not worked on twice. Here the claim sees to that."""
    function, mapping = consumers()[queue]
    assert properties(queue)["VisibilityTimeout"] >= 3 * properties(function)["Timeout"]
    assert mapping["ScalingConfig"]["MaximumConcurrency"], "Lambda reads no more than it hands over"


@pytest.mark.parametrize("queue", JOB_QUEUES)
def test_a_job_s_lease_outlives_its_function_and_ends_before_its_message_returns(queue: str) -> None:
    function, _ = consumers()[queue]
    assert properties(function)["Timeout"] < LEASE.total_seconds() < properties(queue)["VisibilityTimeout"]


@pytest.mark.parametrize("queue", OUTSIDE_QUEUES)
def test_the_last_of_a_batch_is_still_begun_when_every_call_takes_as_long_as_it_may(queue: str) -> None:
    function, mapping = consumers()[queue]
    before = (largest(mapping["BatchSize"]) - 1) * LONGEST_CALL
    assert LONGEST_CALL + STORE_SECONDS <= CALL_SECONDS
    assert before + CALL_SECONDS <= properties(function)["Timeout"]


@pytest.mark.parametrize("queue", WORKED_ON)
def test_a_function_has_time_for_more_than_the_first_of_a_batch(queue: str) -> None:
    function, _ = consumers()[queue]
    assert properties(function)["Timeout"] >= 2 * STORE_SECONDS


@pytest.mark.parametrize("queue", WORKED_ON)
def test_what_cannot_be_processed_goes_to_the_queue_s_own_dead_letters(queue: str) -> None:
    dead = queue.replace("Queue", "DeadLetters")
    redrive = properties(queue)["RedrivePolicy"]
    assert text(redrive["deadLetterTargetArn"]) == f"${{{dead}.Arn}}"
    assert 6 <= redrive["maxReceiveCount"] <= 1_000, "more than SQS takes"
    allowed = properties(dead)["RedriveAllowPolicy"]
    assert allowed["redrivePermission"] == "byQueue"
    assert [text(arn).rpartition(":")[2] for arn in allowed["sourceQueueArns"]] == [
        text(properties(queue)["QueueName"]).rpartition(":")[2]
    ]


@pytest.mark.parametrize("queue", JOB_QUEUES)
def test_a_job_is_received_often_enough_for_all_its_attempts_and_some_crashes(queue: str) -> None:
    attempts, seconds = 1, 0.0
    while NOT_DONE.lasts is not None and seconds < NOT_DONE.lasts.total_seconds():
        seconds += min(NOT_DONE.pause(f"job_{number}", attempts) for number in range(50))
        attempts += 1
    assert properties(queue)["RedrivePolicy"]["maxReceiveCount"] >= attempts + 4


@pytest.mark.parametrize("queue", WORKED_ON)
def test_a_message_outlasts_an_outage_of_hours(queue: str) -> None:
    receives = properties(queue)["RedrivePolicy"]["maxReceiveCount"]
    bridged = sum(min(outage_pause(f"m{place}", times) for place in range(50)) for times in range(1, receives))
    assert bridged >= (2 if queue in TICKS else 6) * 3_600
    assert receives > DEFECT_RECEIVES


@pytest.mark.parametrize("queue", WORKED_ON)
def test_a_message_that_ends_its_function_each_time_is_a_dead_letter_before_it_expires(queue: str) -> None:
    receives, hidden = properties(queue)["RedrivePolicy"]["maxReceiveCount"], properties(queue)["VisibilityTimeout"]
    assert receives * hidden < properties(queue)["MessageRetentionPeriod"]


@pytest.mark.parametrize("queue", WORKED_ON)
def test_dead_letters_are_kept_longer_than_the_messages_that_they_were(queue: str) -> None:
    # A message keeps its age when it moves: with the same retention it could vanish on arrival.
    kept = properties(queue)["MessageRetentionPeriod"]
    assert kept + 7 * 86_400 <= properties(queue.replace("Queue", "DeadLetters"))["MessageRetentionPeriod"]


@pytest.mark.parametrize("queue", sorted(resources(QUEUE)))
def test_every_queue_is_encrypted_at_rest_and_on_the_way(queue: str) -> None:
    assert properties(queue)["SqsManagedSseEnabled"] is True
    policies = [statements for queues, statements in queue_policies() if queue in queues]
    assert len(policies) == 1, "a queue has one policy: a second one would replace it"
    denials = [statement for statement in policies[0] if statement["Effect"] == "Deny"]
    assert [statement["Condition"] for statement in denials] == [{"Bool": {"aws:SecureTransport": "false"}}]


def test_a_queue_policy_is_for_one_queue_and_each_statement_names_that_queue_alone() -> None:
    """SQS refuses a statement that names another queue than the one whose policy it is in."""
    for queues, statements in queue_policies():
        assert len(queues) == 1
        assert [texts(statement["Resource"]) for statement in statements] == [[f"${{{queues[0]}.Arn}}"]] * len(
            statements
        )
        assert len({statement["Sid"] for statement in statements}) == len(statements)


@pytest.mark.parametrize("queue", WORKED_ON)
def test_a_batch_fails_in_part_and_its_function_is_not_scaled_without_bound(queue: str) -> None:
    _, mapping = consumers()[queue]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    wanted = mapping["ScalingConfig"]["MaximumConcurrency"]
    small, standard, large = (at_capacity(wanted, capacity) for capacity in ("small", "standard", "large"))
    assert 2 == small <= standard <= large <= 100, "Lambda takes no less than 2"
    assert largest(mapping["BatchSize"]) <= 10, "a larger batch needs a window, in which messages wait"


def _asked(capacity: str) -> int:
    return sum(default_of(at_capacity(found["ScalingConfig"]["MaximumConcurrency"], capacity)) for found in MAPPINGS)


def test_the_smallest_capacity_is_the_default_and_asks_for_the_least_that_lambda_takes() -> None:
    """A new account runs ten functions at once: what is above that waits, for hours if need be, and nothing is lost."""
    assert template()["Parameters"]["Capacity"]["Default"] == "small"
    assert _asked("small") == _asked("custom") == 2 * len(MAPPINGS)
    assert _asked("standard") <= 150, "an account of 1,000 bears several stacks"
    assert _asked("large") <= 600


def test_the_concurrency_and_the_batch_of_each_consumer_are_parameters_of_its_name() -> None:
    for name, entry in resources("AWS::Lambda::EventSourceMapping").items():
        consumer, mapping = name.removesuffix("Queue"), entry["Properties"]
        assert at_capacity(mapping["ScalingConfig"]["MaximumConcurrency"], "custom") == {
            "Ref": f"{consumer}Concurrency"
        }
        assert mapping["BatchSize"] in (1, {"Ref": f"{consumer}BatchSize"})


def test_imports_are_matched_beside_all_else_and_fewer_at_once() -> None:
    (function, live), (same, imports) = consumers()["EventQueue"], consumers()["ImportQueue"]
    assert function == same == "MatchRules"
    for capacity in ("standard", "large"):
        asked = [at_capacity(found["ScalingConfig"]["MaximumConcurrency"], capacity) for found in (live, imports)]
        assert asked[1] * 4 <= asked[0]


@pytest.mark.parametrize("queue", WORKED_ON)
def test_a_consumer_knows_its_queue_and_its_dead_letters_and_works_on_no_other(queue: str) -> None:
    function, _ = consumers()[queue]
    dead = queue.replace("Queue", "DeadLetters")
    prefix = "IMPORT_" if queue == "ImportQueue" else ""
    assert environment(function)[f"{prefix}QUEUE_URL"] == f"${{{queue}}}"
    assert environment(function)[f"{prefix}DEAD_LETTER_URL"] == f"${{{dead}}}"
    own = {f"${{{name}.Arn}}" for name, (worker, _) in consumers().items() if worker == function}
    mine = {(found.action, found.resource) for found in permissions() if found.role == function}
    for action in ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility"):
        assert {resource for taken, resource in mine if taken == f"sqs:{action}"} == own
    assert {resource for taken, resource in mine if taken == "sqs:GetQueueAttributes"} >= own
    assert ("sqs:SendMessage", f"${{{dead}.Arn}}") in mine
