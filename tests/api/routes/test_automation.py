"""/v1/records/{kind}/{id}/automation through the handler."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.api import Api
from tests.functions.payloads import batch


@pytest.fixture
def told(api: Api, seen: str) -> str:
    """The event of `seen`, once the step of the rule that it started is done; and a rule that is off."""
    api.has_rule(name="Off", mode="off")
    api.stack.consume("RecordQueue", batch(*api.stack.bodies("RecordQueue")))
    return seen


def by_name(answer: Any) -> dict[str, Any]:
    return {item["rule"]["name"]: item for item in answer["items"]}


def test_each_rule_of_the_kind_has_its_state_and_reason(api: Api, told: str) -> None:
    found = by_name(api.get("/v1/records/contact/7/automation"))
    states = {name: (item["state"], item["reason"]["code"]) for name, item in found.items()}
    assert states == {
        "Tag a missed call": ("acted", "run.steps_done"),
        "Sales only": ("not_started", "explained.not_met"),
        "Off": ("waiting", "rule.off"),
    }
    assert found["Tag a missed call"]["run"]["event"]["id"] == told
    unmet = found["Sales only"]
    assert (unmet["event"]["id"], unmet["run"]) == (told, None)
    conditions = unmet["explanation"]["conditions"]
    assert (conditions["expected"], conditions["result"]) == ("sales", False)
    assert "sales" in unmet["sentence"]
    assert all(item["sentence"] for item in found.values())


def test_pages_follow_one_another(api: Api, told: str) -> None:
    first = api.get("/v1/records/contact/7/automation?limit=2")
    rest = api.get(f"/v1/records/contact/7/automation?limit=2&cursor={first['cursor']}")
    whole = api.get("/v1/records/contact/7/automation")
    assert ([*first["items"], *rest["items"]], rest["cursor"]) == (whole["items"], None)


def test_a_key_for_runs_alone_sees_states_and_no_conditions(api: Api, told: str) -> None:
    api.scopes = "runs:read"
    unmet = by_name(api.get("/v1/records/contact/7/automation"))["Sales only"]
    assert (unmet["state"], unmet["explanation"]["conditions"]) == ("not_started", None)
    assert "sales" not in str({**unmet, "rule": None})


def test_a_record_that_never_was_has_no_automation(api: Api) -> None:
    assert api.call("GET", "/v1/records/contact/nobody/automation").status == 404
    api.scopes = "records:read"
    assert api.call("GET", "/v1/records/contact/7/automation").status == 403
