"""The queues' functions: each message of a batch is done, deferred, or dead-lettered with its reason, on its own."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.adapters.samples import why
from tests.aws import client
from tests.functions.payloads import CONTEXT, batch, failed
from tests.functions.stack import Stack
from tests.template import channels
from tests.template.reading import consumers
from whenthen.domain.common.errors import (
    AnswerLost,
    Busy,
    Invalid,
    Malformed,
    Misconfigured,
    NotFound,
    Permanent,
    Temporary,
    Throttled,
    TooLarge,
)
from whenthen.domain.events.siblings import Group
from whenthen.ports.reason_codes import SECRET_UNREADABLE
from whenthen.ports.values import Plan
from whenthen.runtime.queue_consumer import CALL_SECONDS, DEFECT_RECEIVES, MAX_MESSAGE_DEPTH, STORE_SECONDS
from whenthen.sources.parsing.json_body import LONG_NUMBER, MAX_DEPTH, NOT_JSON, TOO_DEEP
from whenthen.sources.sms.notifications import NOT_ABOUT_SMS

USE_CASES = {
    "EventQueue": "match_event",
    "ImportQueue": "match_event",
    "LeadQueue": "fetch_lead",
    "MailQueue": "receive_email",
    "TextQueue": "receive_sms",
    **dict.fromkeys(channels.QUEUES.values(), "perform_step"),
}


class Work:
    """Stands for a function's use case: notes what it is asked for, and fails where it is told to."""

    def __init__(self, errors: dict[int, Exception] | None = None) -> None:
        self.errors = errors or {}
        self.asked: list[int] = []
        self.rules = self.events = ()
        self.rejection = None

    def __len__(self) -> int:
        return 0

    def __call__(self, *arguments: Any) -> Work:
        number = _number_of(arguments)
        self.asked.append(number)
        if number in self.errors:
            raise self.errors[number]
        return self

    def preload(self, groups: Iterable[Group]) -> Work:
        """Read what match_event reads for a batch."""
        return self

    def match_all(self, group: Group, _ahead: Work) -> list[Plan]:
        """Do what match_event does with the events of one message."""
        self(group[0])
        return []


def _number_of(arguments: Sequence[Any]) -> int:
    match arguments:
        case (str(_), str(_), int(occurrence)):
            return occurrence
        case (str(key), datetime()):
            return int(key.rpartition("/")[2])
        case ({"inboundMessageId": str(number)}, _):
            return int(number)
        case (dict(), _):  # the use case itself reads notifications
            raise Malformed(NOT_ABOUT_SMS())
        case (single,) if hasattr(single, "leadgen_id"):
            return int(single.leadgen_id)
    return int(arguments[0].data["number"])


def _message(queue: str, number: int) -> dict[str, Any]:
    if queue in channels.QUEUES.values():
        return {"run_id": "run_1", "step_id": "hello", "occurrence": number}
    if queue == "LeadQueue":
        return {"leadgen_id": str(number), "page_id": "9", "form_id": None, "ad_id": None, "created_time": 1773480600}
    if queue == "MailQueue":
        told = {"eventSource": "aws:s3", "eventTime": "2026-03-14T09:30:00.512Z"}
        return {"Records": [{**told, "s3": {"object": {"key": f"inbound/{number}"}}}]}
    if queue == "TextQueue":
        return {"inboundMessageId": str(number), "originationNumber": "+905321234567", "messageBody": "Hello"}
    own = {"specversion": "1.0", "id": f"e{number}", "source": "api", "type": "call.incoming_missed"}
    detail = {**own, "time": "2026-03-14T09:30:00Z", "data": {"number": number}}
    return {"version": "0", "id": "6a7e8feb", "detail-type": own["type"], "source": "whenthen", "detail": detail}


class Visibility:
    """Notes what is asked of a queue about messages that are to come back."""

    def __init__(self) -> None:
        self.changed: dict[str, int] = {}

    def change_message_visibility(self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> None:  # noqa: N803
        assert QueueUrl.endswith("Queue")
        self.changed[ReceiptHandle] = VisibilityTimeout


def _told(message: dict[str, Any]) -> dict[str, str]:
    return {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}


def test_these_are_all_the_queues() -> None:
    assert USE_CASES.keys() | {"SweepQueue", "ReconcileQueue", "ResumeQueue"} == consumers().keys()


@pytest.mark.parametrize("queue", USE_CASES)
@pytest.mark.parametrize("bad", ["{not json", "[1]", '"text"', "{}", "null"])
def test_one_bad_message_of_ten_is_dead_lettered_and_nine_are_done_once(stack: Stack, queue: str, bad: str) -> None:
    stack.adapters[USE_CASES[queue]] = work = Work()
    bodies: list[Any] = [_message(queue, number) for number in range(10)]
    bodies[6] = bad
    assert failed(stack.consume(queue, batch(*bodies))) == []
    assert work.asked == [0, 1, 2, 3, 4, 5, 7, 8, 9]
    (dead,) = stack.messages(queue.replace("Queue", "DeadLetters"))
    assert dead["Body"] == bad
    assert _told(dead)["error"] == "Malformed"
    assert _told(dead)["queue"] == queue
    assert _told(dead)["reason"]


def test_a_message_that_is_no_json_is_dead_lettered_with_the_place(stack: Stack) -> None:
    reasons = {'{"a": 1,\n "b": secret}': NOT_JSON, '{"a": ' + "9" * 5_000 + "}": LONG_NUMBER}
    stack.adapters["match_event"] = Work()
    assert failed(stack.consume("EventQueue", batch(*reasons))) == []
    assert [_told(dead)["reason"] for dead in stack.messages("EventDeadLetters")] == [
        code.code for code in reasons.values()
    ]


@pytest.mark.parametrize("queue", USE_CASES)
@pytest.mark.parametrize("levels", [MAX_MESSAGE_DEPTH, 900, 5_000, 100_000])
@pytest.mark.parametrize("form", ["[%s]", '{"detail": {"data": %s}}', '{"a": %s}'])
def test_a_message_that_is_too_deep_is_dead_lettered_at_once(stack: Stack, queue: str, levels: int, form: str) -> None:
    stack.adapters[USE_CASES[queue]] = work = Work()
    deep = '{"a": ' + form % ("[" * levels + "]" * levels) + "}"
    assert failed(stack.consume(queue, batch(_message(queue, 0), deep, _message(queue, 2)))) == []
    assert work.asked == [0, 2]
    (dead,) = stack.messages(queue.replace("Queue", "DeadLetters"))
    assert (_told(dead)["reason"], _told(dead)["error"]) == (TOO_DEEP.code, "Malformed")


def test_what_anybody_may_send_is_not_too_deep_within_its_envelopes(stack: Stack) -> None:
    stack.adapters["match_event"] = work = Work()
    deep = json.loads("[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1))
    message = _message("EventQueue", 7)
    message["detail"]["data"]["body"] = {"record": {"fields": deep}}
    assert failed(stack.consume("EventQueue", batch(message))) == []
    assert work.asked == [7]


@pytest.mark.parametrize("queue", USE_CASES)
def test_what_an_operator_has_to_put_right_rings_and_waits_for_that(
    stack: Stack, queue: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.adapters[USE_CASES[queue]] = Work({1: Misconfigured(SECRET_UNREADABLE(name="meta"))})
    stack.replaced["sqs"] = visibility = Visibility()
    bodies = [_message(queue, number) for number in range(3)]
    assert failed(stack.consume(queue, batch(*bodies, receives=DEFECT_RECEIVES + 1))) == ["m1"]
    assert visibility.changed["receipt of m1"] >= 5, "it is no defect, which would be a dead letter by now"
    assert '"MessagesFailed":[1.0]' in capsys.readouterr().out


@pytest.mark.parametrize("queue", USE_CASES)
@pytest.mark.parametrize(
    "error",
    [
        NotFound(why("no such job")),
        Invalid.field("to", why("no address")),
        TooLarge(why("large")),
        Permanent(why("no")),
        AnswerLost(why("?")),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_hopeless_message_is_dead_lettered_with_its_reason(stack: Stack, queue: str, error: Any) -> None:
    stack.adapters[USE_CASES[queue]] = Work({1: error})
    assert failed(stack.consume(queue, batch(*(_message(queue, number) for number in range(3))))) == []
    (dead,) = stack.messages(queue.replace("Queue", "DeadLetters"))
    assert json.loads(dead["Body"]) == _message(queue, 1)
    expected = {"reason": error.reason.code, "error": type(error).__name__, "queue": queue}
    named = {"causes": "sample.why", "fields": "to"} if isinstance(error, Invalid) else {}
    assert _told(dead) == {**expected, **named}


@pytest.mark.parametrize("queue", USE_CASES)
def test_what_may_pass_comes_back_when_it_is_wished_for(stack: Stack, queue: str) -> None:
    errors = {
        2: Temporary(why("throttled"), retry_after=20),
        4: Busy(why("leased"), retry_after=90),
        5: Temporary(why("soon")),
    }
    stack.adapters[USE_CASES[queue]] = work = Work(dict(errors))
    stack.replaced["sqs"] = visibility = Visibility()
    answer = stack.consume(queue, batch(*(_message(queue, number) for number in range(10))))
    assert failed(answer) == ["m2", "m4", "m5"]
    assert work.asked == list(range(10))
    unwished = visibility.changed.pop("receipt of m5")
    assert visibility.changed == {"receipt of m2": 20, "receipt of m4": 90}
    assert 5 <= unwished <= 8


@pytest.mark.parametrize("queue", USE_CASES)
@pytest.mark.parametrize(("receives", "least", "most"), [(1, 5, 8), (6, 18, 28), (100, 80, 120), (290, 80, 120)])
def test_what_an_outage_of_aws_stopped_comes_back_after_a_growing_pause_of_its_own(
    stack: Stack, queue: str, receives: int, least: int, most: int
) -> None:
    outage = Temporary(why("dynamodb:GetItem: ProvisionedThroughputExceededException"))
    stack.adapters[USE_CASES[queue]] = Work(dict.fromkeys(range(10), outage))
    stack.replaced["sqs"] = visibility = Visibility()
    answer = stack.consume(queue, batch(*(_message(queue, number) for number in range(10)), receives=receives))
    assert len(failed(answer)) == 10
    assert all(least <= seconds <= most for seconds in visibility.changed.values())
    assert len(set(visibility.changed.values())) > 1, "they come back apart"


def test_a_throttled_table_defers_a_message_and_does_not_dead_letter_it(stack: Stack) -> None:
    throttled = {"Error": {"Code": "ThrottlingException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}

    class Throttled:
        def __getattr__(self, name: str) -> Any:
            def call(**_: Any) -> None:
                raise ClientError(throttled, name)  # type: ignore[arg-type]

            return call

    stack.replaced |= {"dynamodb": Throttled(), "sqs": (visibility := Visibility())}
    for queue in ("EventQueue", "EmailQueue", "RecordQueue"):
        assert failed(stack.consume(queue, batch(_message(queue, 1), receives=9))) == ["m0"]
        assert 5 <= visibility.changed.pop("receipt of m0") <= 120


def test_no_message_is_held_back_for_longer_than_sqs_can(stack: Stack) -> None:
    stack.adapters["perform_step"] = Work({0: Temporary(why("come back tomorrow"), retry_after=86_400)})
    stack.replaced["sqs"] = visibility = Visibility()
    stack.consume("EmailQueue", batch(_message("EmailQueue", 0)))
    assert visibility.changed["receipt of m0"] < 43_200


@pytest.mark.parametrize("queue", USE_CASES)
def test_a_defect_is_logged_and_comes_back_alone(
    stack: Stack, queue: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.adapters[USE_CASES[queue]] = work = Work({3: ZeroDivisionError("a defect")})
    with caplog.at_level(logging.ERROR):
        answer = stack.consume(queue, batch(*(_message(queue, number) for number in range(10))))
    assert failed(answer) == ["m3"]
    assert work.asked == list(range(10))
    assert stack.messages(queue.replace("Queue", "DeadLetters")) == []
    assert [record.getMessage() for record in caplog.records if record.exc_info] == ["message failed"]
    assert '"MessagesFailed":[1.0]' in capsys.readouterr().out


@pytest.mark.parametrize("queue", USE_CASES)
def test_a_defect_is_dead_lettered_with_its_reason_long_before_an_outage_would_be(stack: Stack, queue: str) -> None:
    work = Work({1: ZeroDivisionError("a defect"), 2: Temporary(why("an outage"), retry_after=7)})
    stack.adapters[USE_CASES[queue]] = work
    bodies = [_message(queue, number) for number in range(3)]
    assert failed(stack.consume(queue, batch(*bodies, receives=DEFECT_RECEIVES - 1))) == ["m1", "m2"]
    assert stack.messages(queue.replace("Queue", "DeadLetters")) == []
    assert failed(stack.consume(queue, batch(*bodies, receives=DEFECT_RECEIVES))) == ["m2"]
    (dead,) = stack.messages(queue.replace("Queue", "DeadLetters"))
    assert json.loads(dead["Body"]) == bodies[1]
    assert _told(dead) == {"error": "ZeroDivisionError", "reason": "dead_letter.defect", "queue": queue}


def test_a_defect_that_cannot_be_dead_lettered_comes_back_and_holds_up_no_other(stack: Stack) -> None:
    class Forbidden:
        def dead_letter(self, *_: Any) -> None:
            raise PermissionError("AccessDenied")

    stack.adapters |= {"perform_step": (work := Work({0: ZeroDivisionError("a defect")})), "messages": Forbidden()}
    bodies = [_message("EmailQueue", 0), "{not json", _message("EmailQueue", 2)]
    assert failed(stack.consume("EmailQueue", batch(*bodies, receives=50))) == ["m0", "m1"]
    assert work.asked == [0, 2]


def test_a_message_that_cannot_be_dead_lettered_comes_back(stack: Stack) -> None:
    class Unreachable:
        def __init__(self) -> None:
            self.deferred: dict[str, float] = {}

        def dead_letter(self, *_: Any) -> None:
            raise Temporary(why("dead-lettering a message: ServiceUnavailable"))

        def defer(self, receipt: str, seconds: float) -> None:
            self.deferred[receipt] = seconds

    stack.adapters |= {"perform_step": Work(), "messages": (messages := Unreachable())}
    answer = stack.consume("EmailQueue", batch(_message("EmailQueue", 0), "{not json", _message("EmailQueue", 2)))
    assert failed(answer) == ["m1"]
    assert {receipt: 5 <= seconds <= 8 for receipt, seconds in messages.deferred.items()} == {"receipt of m1": True}


def test_a_message_that_cannot_be_deferred_comes_back_with_the_others_done(stack: Stack) -> None:
    # moto knows no such receipt: the call fails as it does for a message whose visibility has run out.
    stack.adapters["perform_step"] = work = Work({0: Temporary(why("throttled"), retry_after=5)})
    assert failed(stack.consume("EmailQueue", batch(*(_message("EmailQueue", number) for number in range(3))))) == [
        "m0"
    ]
    assert work.asked == [0, 1, 2]


OUTSIDE = {"LeadQueue", *(channels.QUEUES[channel] for channel in channels.OUTSIDE)}


class Slow(Work):
    """Each message takes so many of the invocation's seconds."""

    def __init__(self, stack: Stack, lasts: float, each: float) -> None:
        super().__init__()
        self.left, self.each = lasts, each
        stack.context = SimpleNamespace(**vars(CONTEXT))
        stack.context.get_remaining_time_in_millis = lambda: int(self.left * 1_000)

    def __call__(self, *arguments: Any) -> Work:
        self.left -= self.each
        return super().__call__(*arguments)


@pytest.mark.parametrize("queue", USE_CASES)
@pytest.mark.parametrize("each", [5.0, 19.9, 30.0, 100.0])
def test_no_message_is_begun_that_might_not_be_ended(stack: Stack, queue: str, each: float) -> None:
    stack.adapters[USE_CASES[queue]] = work = Slow(stack, 80.0, each)
    stack.replaced["sqs"] = visibility = Visibility()
    answer = stack.consume(queue, batch(*(_message(queue, number) for number in range(10))))
    needed = CALL_SECONDS if queue in OUTSIDE else STORE_SECONDS
    begun = min(10, 1 + sum(80.0 - done * each >= needed for done in range(1, 10)))
    assert work.asked == list(range(begun))
    assert failed(answer) == [f"m{number}" for number in range(begun, 10)]
    assert visibility.changed == {f"receipt of m{number}": 0 for number in range(begun, 10)}, "they come again at once"


def test_what_was_not_begun_comes_back_even_where_it_cannot_be_hurried(stack: Stack) -> None:
    stack.adapters["perform_step"] = work = Slow(stack, 80.0, 60.0)
    # moto knows no such receipts.
    answer = stack.consume("EmailQueue", batch(*(_message("EmailQueue", number) for number in range(3))))
    assert (work.asked, failed(answer)) == ([0], ["m1", "m2"])


def test_a_lead_that_meta_puts_off_waits_in_a_message_of_its_own(stack: Stack) -> None:
    class Busy:
        def lead(self, _: str) -> None:
            raise Throttled(why("Meta: the app's rate limit is reached (4)"), retry_after=60)

    stack.adapters["graph"] = Busy()
    assert failed(stack.consume("LeadQueue", batch(_message("LeadQueue", 77)))) == []
    assert stack.messages("LeadDeadLetters") == stack.messages("LeadQueue") == []
    counted = client("sqs").get_queue_attributes(QueueUrl=stack.queues["LeadQueue"], AttributeNames=["All"])
    assert counted["Attributes"]["ApproximateNumberOfMessagesDelayed"] == "1"


def test_an_empty_message_names_no_job(stack: Stack) -> None:
    assert failed(stack.consume("RecordQueue", batch(""))) == []
    assert len(stack.messages("RecordDeadLetters")) == 1
