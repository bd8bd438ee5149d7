"""Lint, sentences, explanations and counts of earlier events, on the deployed stack."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dev.demo import account
from dev.stack import Stack

MISSED = "call.incoming_missed"


@pytest.fixture
def marker() -> str:
    """A word that no other test uses: kinds and records of their own keep tests apart."""
    return f"x{uuid.uuid4().hex[:10]}"


def rule_of(kind: str | None, trigger: dict[str, Any], **more: Any) -> dict[str, Any]:
    steps = [{"id": "tag", "action": "add_tags", "with": {"tags": ["seen"]}}]
    return {"name": f"About {kind}", "kind": kind, "trigger": trigger, "steps": steps, "mode": "on", **more}


def save(stack: Stack, document: dict[str, Any]) -> dict[str, Any]:
    saved: dict[str, Any] = stack.api.post("/v1/rules", document)
    return saved


def explained(stack: Stack, event_id: str, rule_id: str, lang: str = "en") -> dict[str, Any]:
    assert account.handled(stack, event_id) is not None
    [told] = stack.api.get(f"/v1/events/{event_id}/explain?rule={rule_id}&lang={lang}")["rules"]
    return dict(told)


def last_change(stack: Stack, ref: str, field: str, more_than: int = 0) -> str:
    """The newest change of a record's field, once there are more than so many; rules may change others meanwhile."""
    kind, _, external_id = ref.partition(":")

    def look() -> str | None:
        entries = stack.api.get(f"/v1/records/{kind}/{external_id}/timeline")["items"]
        updates = [entry["event"] for entry in entries if entry.get("event", {}).get("type") == f"{kind}.updated"]
        changes = [event["id"] for event in updates if field in event["changes"]]
        return changes[0] if len(changes) > more_than else None

    found = account.wait_for(look)
    assert found is not None
    return found


# --- counts of earlier events --------------------------------------------------------------------------


def call(stack: Stack, marker: str, number: int, phone: str, hours_ago: float) -> str:
    """A missed call, reported once more under the same id: as the same event."""
    at = datetime.now(UTC) - timedelta(hours=hours_ago)
    event = {"id": f"{marker}-{number}", "type": MISSED, "time": at.isoformat(), "person": {"phone": phone}}
    [first] = stack.api.post("/v1/events", event)["events"]
    assert account.handled(stack, first["id"]) is not None
    [again] = stack.api.post("/v1/events", event)["events"]
    assert again["id"] == first["id"]
    return str(first["id"])


def test_the_third_missed_call_in_seven_days_starts_a_rule(stack: Stack, marker: str) -> None:
    phone = f"+90532{uuid.uuid4().int % 10**7:07}"
    stack.api.put(f"/v1/records/contact/{marker}", {"phone": phone})
    count = {"field": f"history.{MISSED}", "op": ">=", "value": 3, "within": {"days": 7}}
    mine = {"field": "record.id", "op": "equals", "value": marker}
    rule = save(stack, rule_of("contact", {"event": MISSED}, conditions={"all": [mine, count]}))["id"]
    call(stack, marker, 1, phone, hours_ago=24 * 8)
    call(stack, marker, 2, phone, hours_ago=48)
    second = call(stack, marker, 3, phone, hours_ago=24)
    told = explained(stack, second, rule)
    assert (told["started"], told["conditions"]["all"][1]["actual"]) == (False, 2)
    third = call(stack, marker, 4, phone, hours_ago=0)
    told = explained(stack, third, rule)
    assert (told["started"], told["outcome"], told["conditions"]["all"][1]["actual"]) == (True, "started", 3)
    assert [run["event"]["id"] for run in stack.api.get(f"/v1/runs?rule={rule}")["items"]] == [third]


def test_of_events_that_come_all_at_once_the_last_counts_all(stack: Stack, marker: str) -> None:
    """Each record is noted before it counts, so the last to be noted does too."""
    count = {"field": f"history.{marker}.knocked", "op": ">=", "value": 3, "within": {"hours": 1}}
    rule = save(stack, rule_of(None, {"event": f"{marker}.knocked"}, conditions=count, mode="shadow"))["id"]
    told = {"type": f"{marker}.knocked", "subject": f"{marker}:door"}
    sent = stack.api.post("/v1/events", [told] * 3)["events"]
    assert all(account.handled(stack, event["id"]) for event in sent)
    assert stack.api.get(f"/v1/runs?rule={rule}")["items"]


# --- explanations --------------------------------------------------------------------------------------


def test_a_near_miss_names_the_field_that_changed_instead(stack: Stack, marker: str) -> None:
    stack.api.put(f"/v1/records/{marker}/one", {"stage": "new", "status": "new"})
    rule = save(stack, rule_of(marker, {"event": f"{marker}.updated", "field": "stage"}))["id"]
    stack.api.patch(f"/v1/records/{marker}/one", {"status": "won"})
    event = last_change(stack, f"{marker}:one", "status")
    told = explained(stack, event, rule)
    [miss] = told["near_misses"]
    assert (miss["code"], miss["expected"], miss["actual"]) == ("near_miss.other_field", "stage", ["status"])
    assert "status" in explained(stack, event, rule, "he")["sentence"]


def test_who_entered_before_is_refused_and_both_event_and_timeline_say_so(stack: Stack, marker: str) -> None:
    stack.api.put(f"/v1/records/{marker}/one", {"n": 0})
    rule = save(
        stack, rule_of(marker, {"event": f"{marker}.updated", "field": "n"}, entry={"again": "once_per_record"})
    )
    for number in (1, 2):
        stack.api.patch(f"/v1/records/{marker}/one", {"n": number})
        event = last_change(stack, f"{marker}:one", "n", more_than=number - 1)
        assert account.handled(stack, event) is not None
    [refused] = stack.api.get(f"/v1/events/{event}?lang=id")["refused"]
    assert (refused["id"], refused["reason"]["code"]) == (rule["id"], "explained.entered_before")
    assert "satu kali" in refused["sentence"]
    assert explained(stack, event, rule["id"])["outcome"] == "entered_before"
    entries = stack.api.get(f"/v1/records/{marker}/one/timeline")["items"]
    shown = [entry["refused"] for entry in entries if entry.get("event", {}).get("id") == event]
    assert [each["reason"]["code"] for each in shown[0]] == ["explained.entered_before"]


def test_a_rule_that_is_off_is_explained_and_one_in_force_is_not_called_off(stack: Stack, marker: str) -> None:
    rule = save(stack, rule_of(None, {"event": f"{marker}.seen"}, mode="off"))["id"]
    [sent] = stack.api.post("/v1/events", {"type": f"{marker}.seen"})["events"]
    assert explained(stack, sent["id"], rule)["outcome"] == "switched_off"
    stack.api.put(f"/v1/rules/{rule}/mode", {"mode": "on"})
    assert explained(stack, sent["id"], rule)["outcome"] == "changed_since"


# --- lint ----------------------------------------------------------------------------------------------


def test_errors_refuse_a_rule_and_all_is_named_at_once(stack: Stack, marker: str) -> None:
    same = [{"field": "record.a", "op": "exists"}, {"field": "record.a", "op": "exists", "value": False}]
    conditions = {"all": [*same, {"field": "event.amount", "op": ">", "value": 1}]}
    answer = stack.api.call("POST", "/v1/rules", rule_of(marker, {"event": f"{marker}.updated"}, conditions=conditions))
    assert answer.status == 422
    assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [
        ("conditions", "lint.never_holds"),
        ("conditions.all[2].field", "lint.no_such_field"),
    ]
    assert all(each["text"] for each in answer.json()["errors"])


def test_rules_that_write_one_field_or_start_each_other_are_warned_of(stack: Stack, marker: str) -> None:
    def sets(name: str, on: str, **fields: Any) -> dict[str, Any]:
        steps = [{"id": "set", "action": "set_fields", "with": {"fields": fields}}]
        return rule_of(marker, {"event": f"{marker}.{on}"}, name=name, steps=steps)

    first = save(stack, sets("first", "stage_changed", folder="{{ record.stage }}"))
    assert first["warnings"] == []
    other = save(stack, sets("other", "stage_changed", folder="fixed"))
    assert [(each["code"], each["rules"]) for each in other["warnings"]] == [("lint.same_field", [first["id"]])]
    draft = sets("back", "folder_changed", stage="{{ record.folder }}")
    tried = stack.api.post("/v1/rules/lint?lang=hu", draft)
    [cycle] = [each for each in tried["findings"] if each["code"] == "lint.cycle"]
    assert tried["savable"] is True
    assert cycle["rules"][0] in (first["id"], other["id"])
    assert cycle["params"]["chain"][0] == "back"
    assert "újra elindítja önmagát" in cycle["text"]
    assert stack.api.get(f"/v1/rules/{first['id']}/lint")["findings"][0]["code"] == "lint.same_field"
    assert not [each for each in stack.api.get("/v1/rules?text=back")["items"] if each.get("kind") == marker]


# --- languages -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "word"), [("en", "When:"), ("tr", "Koşul:"), ("hu", "Amikor:"), ("id", "Ketika:"), ("he", "מתי:")]
)
def test_a_rule_and_a_run_in_each_language(stack: Stack, marker: str, lang: str, word: str) -> None:
    seen = {"field": "event.data.n", "op": ">", "value": 1}
    rule = save(stack, rule_of(None, {"event": f"{marker}.seen"}, conditions=seen, mode="shadow"))["id"]
    assert word in stack.api.get(f"/v1/rules/{rule}?lang={lang}")["sentence"]
    [sent] = stack.api.post("/v1/events", {"type": f"{marker}.seen", "data": {"n": 2}})["events"]
    assert account.handled(stack, sent["id"]) is not None
    [run] = stack.api.get(f"/v1/runs?rule={rule}&lang={lang}")["items"]
    state = stack.api.get(f"/v1/runs/{run['id']}?lang={lang}")
    said = {"en": "Skipped", "tr": "Atlandı", "hu": "Kihagyva", "id": "Dilewati", "he": "דולג"}[lang]
    assert run["sentence"].startswith(said)
    assert [job["sentence"].startswith(said) for job in state["jobs"]] == [True]


def test_an_unknown_language_is_refused_and_a_browser_s_is_passed_over(stack: Stack) -> None:
    answer = stack.api.call("GET", "/v1/rules?lang=xx")
    assert (answer.status, answer.json()["errors"][0]["field"]) == (422, "lang")
    assert stack.api.call("GET", "/v1/rules", headers={"accept-language": "xx, *;q=0.1"}).status == 200
