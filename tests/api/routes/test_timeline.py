"""/v1/records/{kind}/{id}/timeline through the handler."""

from __future__ import annotations

from tests.functions.api import Api


def test_a_records_timeline_has_its_events_and_runs_newest_first(api: Api, seen: str) -> None:
    told = api.get("/v1/records/contact/7/timeline")
    assert [entry["at"] for entry in told["items"]] == sorted((entry["at"] for entry in told["items"]), reverse=True)
    (event,) = [entry for entry in told["items"] if entry.get("event", {}).get("id") == seen]
    assert len(event["rules"]) == 1
    assert [entry["run"]["event"]["id"] for entry in told["items"] if "run" in entry] == [seen]
    first = api.get("/v1/records/contact/7/timeline?limit=1")
    rest = api.get(f"/v1/records/contact/7/timeline?cursor={first['cursor']}")
    assert first["items"] + rest["items"] == told["items"]
