"""SMS on the deployed stack: out through the provider's stand-in, reports and answers in through the topic."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

from dev.demo import account
from dev.stack import Stack
from dev.standins.sms import inbound_of, report_of

OWN = "+36205550101"


def someone() -> str:
    """A number that no other test has."""
    return f"+3630{random.randrange(10**6, 10**7)}"  # noqa: S311 - guards nothing


def tells(stack: Stack, document: Mapping[str, Any]) -> None:
    """Publish a notification to the topic, as the provider does."""
    topic = stack.document["outputs"]["TextTopicArn"]
    stack.client("sns").publish(TopicArn=topic, Message=json.dumps(document))


def texted(stack: Stack, number: str) -> list[dict[str, Any]]:
    listed = stack.sms.received()["messages"]
    return [each for each in listed if each["message"]["DestinationPhoneNumber"] == number]


def rule_for(stack: Stack, number: str, **parameters: Any) -> str:
    """A rule that texts the person with this number at each change of their visit."""
    step = {
        "id": "text",
        "action": "send_sms",
        "with": {"from": OWN, "text": "Szia {{ record.first_name }}", **parameters},
    }
    rule = {
        "name": f"Text {number}",
        "kind": "contact",
        "trigger": {"event": ["contact.created", "contact.updated"]},
        "conditions": {"all": [
            {"field": "record.phone", "op": "equals", "value": number},
            {"field": "record.visit", "op": "exists"},
        ]},
        "steps": [step],
        "mode": "on",
    }  # fmt: skip
    return str(stack.api.post("/v1/rules", rule)["id"])


def jobs(stack: Stack, rule_id: str, *statuses: str) -> list[dict[str, Any]]:
    """The jobs of the rule's runs, oldest first, once there are as many as statuses, and with these statuses."""

    def look() -> list[dict[str, Any]] | None:
        runs = sorted(stack.api.get(f"/v1/runs?rule={rule_id}")["items"], key=lambda run: str(run["started_at"]))
        found = [job for run in runs for job in stack.api.get(f"/v1/runs/{run['id']}")["jobs"]]
        return found if [job["status"] for job in found] == list(statuses) else None

    found = account.wait_for(look)
    assert found is not None, stack.api.get(f"/v1/runs?rule={rule_id}")
    return found


def test_a_rule_sends_an_sms_and_its_delivery_shows_in_the_run(stack: Stack) -> None:
    number = someone()
    rule_id = rule_for(stack, number, purpose="service", ttl={"hours": 1})
    stack.api.post("/v1/records/contact", {"phone": number, "first_name": "Ida", "visit": "1"})
    (job,) = jobs(stack, rule_id, "done")
    (sent,) = texted(stack, number)
    assert sent["message"]["MessageBody"] == "Szia Ida"
    assert (sent["message"]["OriginationIdentity"], sent["message"]["TimeToLive"]) == (OWN, 3_600)
    assert job["result"] == {"message_id": sent["id"], "parts": 1, "encoding": "GSM-7"}
    tells(stack, report_of(sent, "TEXT_SENT"))
    tells(stack, report_of(sent, "TEXT_DELIVERED"))

    def delivered() -> dict[str, Any] | None:
        (found,) = jobs(stack, rule_id, "done")
        return found if found["result"].get("reported") == "delivered" else None

    assert account.wait_for(delivered) is not None


def test_a_message_that_a_network_blocks_fails_its_job(stack: Stack) -> None:
    number = someone()
    rule_id = rule_for(stack, number, purpose="service")
    stack.api.post("/v1/records/contact", {"phone": number, "first_name": "Ida", "visit": "1"})
    jobs(stack, rule_id, "done")
    (sent,) = texted(stack, number)
    tells(stack, report_of(sent, "TEXT_CARRIER_BLOCKED", "The carrier blocked it"))
    (job,) = jobs(stack, rule_id, "failed")
    assert "The carrier blocked it" in job["reason"]["text"]


def test_stop_by_sms_changes_consent_and_the_next_message_is_skipped(stack: Stack) -> None:
    number = someone()
    rule_id = rule_for(stack, number, opt_out="STOP: reply STOP")
    fields = {"phone": number, "first_name": "Ida", "visit": "1", "consent": {"sms": True}}
    record = stack.api.post("/v1/records/contact", fields)
    jobs(stack, rule_id, "done")
    tells(stack, inbound_of(number, OWN, "Leállít"))

    def refused() -> dict[str, Any] | None:
        found: dict[str, Any] = stack.api.get(f"/v1/records/contact/{record['id']}/consents")
        return found if found["consent"].get("sms") is False else None

    found = account.wait_for(refused)
    assert found is not None
    newest = found["items"][0]
    assert (newest["channel"], newest["agreed"], newest["event"]) == ("sms", False, "sms.received")
    assert (newest["by"], newest["identity"]) == ("source:sms", f"phone#{number}")
    # The changed consent is a change of the contact, and so starts the rule again.
    first, second = jobs(stack, rule_id, "done", "skipped")
    assert second["reason"]["code"] == "consent.refused"
    assert [each["id"] for each in texted(stack, number)] == [first["result"]["message_id"]]


def test_an_error_of_the_provider_is_tried_again(stack: Stack) -> None:
    number = someone()
    rule_id = rule_for(stack, number, purpose="service")
    document = {"__type": "InternalServerException", "Message": "Try again"}
    stack.sms.program(faults=[{"holds": number, "times": 1, "status": 500, "document": document}])
    stack.api.post("/v1/records/contact", {"phone": number, "first_name": "Ida", "visit": "1"})
    (job,) = jobs(stack, rule_id, "done")
    assert (job["attempts"], len(texted(stack, number))) == (2, 1)


def test_somebody_who_opted_out_at_the_provider_is_skipped_from_then_on(stack: Stack) -> None:
    number = someone()
    rule_id = rule_for(stack, number, opt_out="STOP: reply STOP")
    stack.sms.program(opted_out=[number])
    fields = {"phone": number, "first_name": "Ida", "visit": "1", "consent": {"sms": True}}
    record = stack.api.post("/v1/records/contact", fields)
    # The refusal is written to the record, and that change starts the rule again.
    first, second = jobs(stack, rule_id, "skipped", "skipped")
    assert [job["reason"]["code"] for job in (first, second)] == ["sms.refused_at_provider", "consent.refused"]

    def refused() -> bool:
        return stack.api.get(f"/v1/records/contact/{record['id']}/consents")["consent"].get("sms") is False

    assert account.wait_for(refused)
