"""X-Ray's trace of an invocation names the ids of what the invocation worked on."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator

import pytest

from whenthen.runtime import observability

ROOT, PARENT = "1-5759e988-bd862e3fe1be46a994272793", "53995c3f42cd8ad8"


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[bytes]]]:
    """Listen as X-Ray's daemon does; return what came so far."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(0)
        monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", f"127.0.0.1:{listening.getsockname()[1]}")

        def received() -> list[bytes]:
            found = []
            while True:
                try:
                    found.append(listening.recv(65_000))
                except BlockingIOError:
                    return found

        yield received


def test_a_line_of_a_traced_invocation_is_a_subsegment_with_its_ids(
    daemon: Callable[[], list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", f"Root={ROOT};Parent={PARENT};Sampled=1;Lineage=1:a:0")
    observability.work_begins()
    observability.noted("event", "matched", event_id="evt_1", trace_id="4bf9", rule_ids=["rule_1"], code=None)
    observability.noted("job", "done", run_id="run_1", job_id="job_1", action="send_email")
    first, second = daemon()
    header, _, body = first.partition(b"\n")
    assert json.loads(header) == {"format": "json", "version": 1}
    sent = json.loads(body)
    assert (sent["type"], sent["trace_id"], sent["parent_id"], sent["name"]) == ("subsegment", ROOT, PARENT, "event")
    assert sent["annotations"] == {"event_id": "evt_1", "trace_id": "4bf9", "outcome": "matched"}
    assert len(sent["id"]) == 16
    assert sent["start_time"] <= sent["end_time"]
    other = json.loads(second.partition(b"\n")[2])
    assert other["annotations"] == {"run_id": "run_1", "job_id": "job_1", "outcome": "done"}
    assert other["id"] != sent["id"]


@pytest.mark.parametrize(
    "header", ["", f"Root={ROOT};Parent={PARENT};Sampled=0", f"Root={ROOT};Sampled=1", "Sampled=1", "nonsense"]
)
def test_an_invocation_that_is_not_sampled_sends_nothing(
    header: str, daemon: Callable[[], list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", header)
    observability.noted("event", "matched", event_id="evt_1")
    assert daemon() == []


@pytest.mark.parametrize("address", ["", "nowhere", "127.0.0.1:", "256.0.0.1:2000"])
def test_a_trace_that_cannot_be_sent_stops_no_event(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", f"Root={ROOT};Parent={PARENT};Sampled=1")
    monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", address)
    observability.noted("event", "matched", event_id="evt_1")
