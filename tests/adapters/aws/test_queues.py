"""Jobs and leads through SQS, and what becomes of messages that cannot be processed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.adapters.samples import event, job, run
from whenthen.adapters.aws.queues import OwnQueue, SqsJobs, SqsLeads, job_of, message_of
from whenthen.domain.common.errors import Malformed, Temporary
from whenthen.sources.meta.notification import LeadRef


@pytest.fixture
def sqs(clients: Callable[[str], Any]) -> Any:
    """SQS in process."""
    return clients("sqs")


@pytest.fixture
def make_queue(sqs: Any, request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Makes a queue that is gone after the test; returns its URL."""

    def make(name: str) -> str:
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        request.addfinalizer(lambda: sqs.delete_queue(QueueUrl=url))
        return str(url)

    return make


def _received(sqs: Any, url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]).get(
        "Messages"
    ):
        found += batch
    return found


def test_each_channel_has_its_queue(sqs: Any, make_queue: Callable[[str], str]) -> None:
    urls = {channel: make_queue(channel) for channel in ("email", "whatsapp")}
    started = run(event())
    jobs = [job(started, f"s{number}", occurrence=number) for number in range(23)]
    SqsJobs(sqs, urls.__getitem__).send("whatsapp", jobs)
    messages = [json.loads(message["Body"]) for message in _received(sqs, urls["whatsapp"])]
    assert sorted(job_of(message) for message in messages) == sorted(
        (started.id, each.step_id, each.occurrence) for each in jobs
    )
    assert _received(sqs, urls["email"]) == []


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"run_id": "run_1", "step_id": "s"},
        {"run_id": 1, "step_id": "s", "occurrence": 0},
        {"run_id": "run_1", "step_id": None, "occurrence": 0},
        {"run_id": "run_1", "step_id": "s", "occurrence": "0"},
    ],
)
def test_a_message_that_names_no_job_is_malformed(message: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        job_of(message)


def test_leads_travel_whole(sqs: Any, make_queue: Callable[[str], str]) -> None:
    url = make_queue("leads")
    leads = [LeadRef(str(number), page_id="9", created_time=1_700_000_000) for number in range(12)]
    SqsLeads(sqs, url).send(leads)
    found = [LeadRef(**json.loads(message["Body"])) for message in _received(sqs, url)]
    assert sorted(found, key=lambda lead: int(lead.leadgen_id)) == leads


@pytest.mark.parametrize(("delay", "seconds"), [(0.0, None), (0.2, 0), (7.4, 7), (900, 900), (5_000, 900)])
def test_what_is_sent_for_later_says_when(delay: float, seconds: int | None) -> None:
    class Noting:
        entries: list[dict[str, Any]]

        def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
            assert QueueUrl == "url"
            self.entries = Entries
            return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}

    client = Noting()
    SqsJobs(client, {"email": "url"}.__getitem__).send("email", [job(run(event()), "s")], delay=delay)
    assert [entry.get("DelaySeconds") for entry in client.entries] == [seconds]
    SqsLeads(client, "url").send([LeadRef("1"), LeadRef("2")], delay=delay)
    assert [entry.get("DelaySeconds") for entry in client.entries] == [seconds, seconds]


def test_what_is_sent_for_later_is_not_there_yet(sqs: Any, make_queue: Callable[[str], str]) -> None:
    url = make_queue("leads")
    SqsLeads(sqs, url).send([LeadRef("1")], delay=900)
    assert _received(sqs, url) == []
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessagesDelayed"] == "1"


class FakeSqs:
    """SQS that refuses the messages of `unlucky` places at its first `times` calls."""

    def __init__(self, unlucky: set[str], times: int) -> None:
        self._unlucky = unlucky
        self._times = times
        self.calls: list[list[str]] = []

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        assert QueueUrl == "url"
        self.calls.append([json.loads(entry["MessageBody"])["step_id"] for entry in Entries])
        refused = {
            entry["Id"]
            for entry, step in zip(Entries, self.calls[-1], strict=True)
            if step in self._unlucky and len(self.calls) <= self._times
        }
        return {
            "Successful": [{"Id": entry["Id"]} for entry in Entries if entry["Id"] not in refused],
            "Failed": [{"Id": place, "Code": "InternalError", "SenderFault": False} for place in refused],
        }


def test_messages_that_were_refused_are_sent_again_alone() -> None:
    client = FakeSqs({"s1", "s2"}, times=2)
    SqsJobs(client, {"email": "url"}.__getitem__).send("email", [job(run(event()), f"s{n}") for n in range(4)])
    assert client.calls == [["s0", "s1", "s2", "s3"], ["s1", "s2"], ["s1", "s2"]]


def test_messages_that_stay_refused_are_reported() -> None:
    client = FakeSqs({"s1"}, times=99)
    with pytest.raises(Temporary, match="left=1, count=2"):
        SqsJobs(client, {"email": "url"}.__getitem__).send("email", [job(run(event()), f"s{n}") for n in range(2)])


def test_a_dead_letter_says_why(sqs: Any, make_queue: Callable[[str], str]) -> None:
    own, dead = make_queue("email"), make_queue("email-dead")
    fields = "steps[0]\n, \x00" + "x" * 5_000
    said = {"error": "Invalid", "reason": "input.invalid", "fields": fields}
    OwnQueue(sqs, own, dead).dead_letter("not json", said)
    [message] = _received(sqs, dead)
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert message["Body"] == "not json"
    assert (attributes["error"], attributes["reason"]) == ("Invalid", "input.invalid")
    assert attributes["queue"] == "email"
    assert attributes["fields"].startswith("steps[0] , ")
    assert len(attributes["fields"]) <= 1_000


def test_an_empty_attribute_is_taken_too(sqs: Any, make_queue: Callable[[str], str]) -> None:
    dead = make_queue("dead")
    OwnQueue(sqs, make_queue("own"), dead).dead_letter("{}", {"reason": ""})
    [message] = _received(sqs, dead)
    assert message["MessageAttributes"]["reason"]["StringValue"] == "-"


@pytest.mark.parametrize(("wish", "seconds"), [(5, 5), (0.4, 0), (-1, 0), (12.6, 13), (99_999, 39_600)])
def test_a_message_comes_back_when_it_is_wished(wish: float, seconds: int) -> None:
    client = _Visibility()
    OwnQueue(client, "own", "dead").defer("receipt", wish)
    assert client.request == {"QueueUrl": "own", "ReceiptHandle": "receipt", "VisibilityTimeout": seconds}


class _Visibility:
    request: dict[str, Any]

    def change_message_visibility(self, **request: Any) -> None:
        self.request = request


def test_a_message_names_its_job_and_nothing_of_its_content() -> None:
    assert message_of(job(run(event()), "hello")) == {
        "run_id": run(event()).id,
        "step_id": "hello",
        "occurrence": 0,
    }
