"""GET and POST /hooks/meta: the address is verified, leads go to their queue, messages to the bus."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.functions.payloads import http
from tests.functions.stack import META, Stack
from tests.sources.samples import sample
from tests.usecases.fakes.stores import FakeSecrets
from whenthen.sources.signing.signatures import parse_scheme, sign

LEAD, TEXT = sample("meta/leadgen.json"), sample("whatsapp/text.json")


def _get(stack: Stack, query: str) -> Any:
    return stack.invoke("receive_meta", http("GET", f"/hooks/meta?{query}"))


def _post(stack: Stack, body: bytes, headers: Mapping[str, str] | None = None, *, binary: bool = False) -> Any:
    headers = _signed(body) if headers is None else headers
    return stack.invoke("receive_meta", http("POST", "/hooks/meta", body, headers, binary=binary))


def _signed(body: bytes, secret: str = META["app_secret"]) -> dict[str, str]:
    return dict(sign(parse_scheme("meta"), secret, body, datetime.now(UTC)))


def _status(answer: Mapping[str, Any]) -> int:
    assert answer["headers"]["content-type"] == "application/problem+json"
    status: int = json.loads(answer["body"])["status"]
    assert status == answer["statusCode"]
    return status


def test_the_address_is_verified_with_the_challenge_as_plain_text(stack: Stack) -> None:
    answer = _get(stack, "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=verify+me")
    assert (answer["statusCode"], answer["body"]) == (200, "1158201444")
    assert answer["headers"]["content-type"].startswith("text/plain")
    assert answer["headers"]["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong",
        "hub.mode=subscribe&hub.challenge=1",
        "hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=verify+me",
        "hub.mode=subscribe&hub.challenge=%3Cscript%3E&hub.verify_token=verify+me",
    ],
)
def test_any_other_verification_is_a_401_problem(stack: Stack, query: str) -> None:
    assert _status(_get(stack, query)) == 401


@pytest.mark.parametrize("binary", [False, True])
def test_leads_wait_in_their_queue_when_the_answer_is_given(stack: Stack, binary: bool) -> None:
    answer = _post(stack, LEAD, binary=binary)
    assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"events": 0, "leads": 1, "ignored": 0})
    (lead,) = stack.bodies("LeadQueue")
    assert lead["leadgen_id"] == "811204577136940"
    assert stack.events() == []


def test_messages_are_on_the_bus_when_the_answer_is_given(stack: Stack) -> None:
    answer = json.loads(_post(stack, TEXT)["body"])
    events = stack.events()
    assert answer == {"events": len(events), "leads": 0, "ignored": 0}
    assert "whatsapp.message_received" in {event["type"] for event in events}


def test_escapes_and_white_space_are_part_of_what_is_signed(stack: Stack) -> None:
    odd = b" \n" + json.dumps(json.loads(TEXT), indent="\t", ensure_ascii=True).replace("/", "\\/").encode() + b"\r\n"
    assert _post(stack, odd)["statusCode"] == 200
    assert _status(_post(stack, TEXT, _signed(odd))) == 401


@pytest.mark.parametrize("headers", [{}, _signed(TEXT, "another secret"), {"x-hub-signature-256": "sha256="}])
def test_a_wrong_or_missing_signature_is_a_401_problem(stack: Stack, headers: dict[str, str]) -> None:
    assert _status(_post(stack, TEXT, headers)) == 401
    assert stack.events() == []


def test_without_an_app_secret_nothing_is_accepted(stack: Stack) -> None:
    stack.adapters["secrets"] = FakeSecrets({"meta": {**META, "app_secret": ""}})
    forged = "sha256=" + hmac.new(b"", TEXT, "sha256").hexdigest()
    assert _status(_post(stack, TEXT, {"x-hub-signature-256": forged})) == 401


@pytest.mark.parametrize("body", [b"{}", b"[]", b"{not json", b'{"object": "page", "entry": 1}'])
def test_a_signed_body_that_is_no_notification_is_a_400_problem(stack: Stack, body: bytes) -> None:
    assert _status(_post(stack, body)) == 400


@pytest.mark.parametrize("binary", [False, True])
def test_three_megabytes_are_taken_and_more_than_four_are_not(stack: Stack, binary: bool) -> None:
    padded = LEAD[:-2] + b" " * 3_000_000 + LEAD[-2:]
    assert _post(stack, padded, binary=binary)["statusCode"] == 200
    assert _status(_post(stack, b" " * 4_000_001, {}, binary=binary)) == 413


def _messages(count: int, **more: Any) -> bytes:
    own = [
        {"from": "905551112233", "id": f"wamid.{n}", "timestamp": "1773480600", "type": "text", "text": {"body": "a"}}
        for n in range(count)
    ]
    value = {"metadata": {"phone_number_id": "1"}, "contacts": [], "messages": own, **more}
    entry = {"id": "1", "changes": [{"field": "messages", "value": value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


class Refusing:
    """EventBridge, which takes only each second or third entry of its first calls."""

    def __init__(self, calls: int, takes_each: int = 2) -> None:
        self.left = calls
        self._takes_each = takes_each
        self.taken: list[str] = []

    def put_events(self, *, Entries: list[dict[str, Any]]) -> Any:  # noqa: N803 - boto3's name
        refuses, self.left = self.left > 0, self.left - 1
        results = []
        for place, entry in enumerate(Entries):
            if refuses and place % self._takes_each:
                results.append({"ErrorCode": "ThrottlingException"})
            else:
                self.taken.append(json.loads(entry["Detail"])["id"])
                results.append({"EventId": "1"})
        return {"Entries": results}


class Partial:
    """SQS, which takes a few of the entries of each call."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> Any:  # noqa: N803
        assert QueueUrl.endswith("LeadQueue")
        some = Entries[: len(Entries) - len(Entries) // 3]
        self.taken += [json.loads(entry["MessageBody"])["leadgen_id"] for entry in some]
        failed = [{"Id": entry["Id"], "Code": "Throttled", "SenderFault": False} for entry in Entries[len(some) :]]
        return {"Successful": [{"Id": entry["Id"]} for entry in some], "Failed": failed}


def test_what_the_bus_takes_in_part_is_put_again_and_nothing_is_lost(stack: Stack) -> None:
    stack.replaced["events"] = bus = Refusing(calls=30)
    assert json.loads(_post(stack, _messages(200))["body"])["events"] == 400
    assert (len(bus.taken), len(set(bus.taken))) == (400, 400)


def test_while_the_bus_refuses_meta_is_told_to_come_back_and_its_repetition_loses_and_doubles_nothing(
    stack: Stack, slept: list[float]
) -> None:
    stack.replaced["events"] = early = Refusing(calls=10_000, takes_each=3)
    body = _messages(100)
    assert _status(_post(stack, body)) == 503
    stack.replaced["events"] = late = Refusing(calls=0)
    assert _post(stack, body)["statusCode"] == 200
    assert (len(late.taken), len(set(late.taken))) == (200, 200)
    assert 0 < len(set(early.taken)) < 200
    assert set(early.taken) <= set(late.taken), "with the same ids, by which each happens once"


def test_a_thousand_leads_that_their_queue_takes_in_part_are_all_in_it(stack: Stack) -> None:
    stack.replaced["sqs"] = queue = Partial()
    changes = [{"field": "leadgen", "value": {"leadgen_id": 10**15 + number}} for number in range(1_000)]
    body = json.dumps({"object": "page", "entry": [{"id": "1", "changes": changes}]}).encode()
    assert json.loads(_post(stack, body)["body"]) == {"events": 0, "leads": 1_000, "ignored": 0}
    assert sorted(int(lead) for lead in queue.taken) == [10**15 + number for number in range(1_000)]


def test_an_event_that_is_too_large_goes_without_what_makes_it_so_and_keeps_out_no_other(stack: Stack) -> None:
    status = {
        "id": "wamid.9",
        "status": "read",
        "recipient_id": "905551112233",
        "biz_opaque_callback_data": "x" * 300_000,
    }
    assert json.loads(_post(stack, _messages(3, statuses=[status]))["body"])["events"] == 7
    events = {event["type"]: event for event in stack.events()}
    assert events["whatsapp.message_read"]["data"]["omitted"] == ["callback"]
    assert events["whatsapp.message_read"]["data"]["message_id"] == "wamid.9"
