"""While workers of functions die at random, every event has its run, every run its outcome, and every effect is one.

A worker is the process in which the local AWS runs one function; it is killed without notice, wherever it stands.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from dev.demo import account
from dev.signing import post
from dev.stack import Stack

EVENTS, PATIENCE = 200, 600.0
DYING = 120.0
"""Seconds for which workers go on dying once all events are posted.

The messages that the last of them held are hidden for three or four minutes, and must be done within PATIENCE.
"""
EACH = 9
"""Posts and calls between two deaths, on average: of 200 and 400 in all."""

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="workers are found in /proc")


def workers(stack: Stack) -> list[int]:
    """The processes in which functions of this stack's local AWS run."""
    function, gateway = b"AWS_LAMBDA_FUNCTION_NAME=", f":{urlsplit(stack.emulator.url).port}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            environment = (entry / "environ").read_bytes().split(b"\0") if entry.name.isdigit() else []
            named = any(variable.startswith(function) for variable in environment)
            if named and any(
                variable.startswith(b"AWS_ENDPOINT_URL=") and variable.endswith(gateway) for variable in environment
            ):
                found.append(int(entry.name))
    return found


@contextmanager
def dying_workers(stack: Stack, progress: Callable[[], int], seed: int) -> Iterator[list[int]]:
    """While this holds, a worker is killed whenever some more is done; yields the list of the dead.

    By what is done, not by the clock: so on a slow machine too, work goes on between two deaths.
    """
    chance, over, dead = random.Random(seed), threading.Event(), []  # noqa: S311 - no secret

    def kill() -> None:
        due = 0
        while not over.wait(0.2):
            alive = workers(stack) if progress() >= due else []
            if alive:
                victim = chance.choice(alive)
                with suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)
                    dead.append(victim)
                    due = progress() + chance.randint(1, 2 * EACH)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield dead
    finally:
        over.set()
        killer.join()


def test_every_run_has_its_outcome_once(stack: Stack, record_property: Any) -> None:
    seed = time.time_ns() % 1_000_000
    record_property("seed", seed)
    url = f"{stack.webhooks.base_url}/{{}}/{{{{{{{{ event.data.id }}}}}}}}"
    call = {"action": "call_webhook", "with": {"url": url.format("first"), "data": {"id": "{{ event.data.id }}"}}}
    later = {"action": "call_webhook", "wait": {"hours": 1}, "with": {"url": url.format("last"), "data": {}}}
    task = {"action": "create_record", "with": {"kind": "task", "fields": {"title": f"{seed} {{{{ event.data.id }}}}"}}}
    steps = [{"id": "first", **call}, {"id": "task", **task}, {"id": "last", **later}]
    rule = stack.api.post(
        "/v1/rules", {"name": f"Killed {seed}", "trigger": {"event": f"killed.s{seed}"}, "steps": steps, "mode": "on"}
    )
    names = [f"{seed}-{number}" for number in range(EVENTS)]
    try:
        posted: list[int] = []
        with dying_workers(stack, lambda: len(posted) + len(calls_of(stack)), seed) as dead:
            with ThreadPoolExecutor(4) as senders:
                list(senders.map(lambda name: posted.append(taken(stack, seed, name)), names))
            assert Counter(posted) == {202: EVENTS}
            runs = account.wait_for(lambda: all_over(stack, rule["id"]), DYING)
        record_property("killed", len(dead))
        runs = runs or account.wait_for(lambda: all_over(stack, rule["id"]), PATIENCE)
        assert runs is not None, Counter(run["status"] for run in runs_of(stack, rule["id"]))
        assert len(dead) > 15
        assert Counter(run["status"] for run in runs) == {"done": EVENTS}
        by_name: dict[str, set[str]] = {}
        for one in calls_of(stack):
            by_name.setdefault(urlsplit(one["path"]).path, set()).add(one["headers"]["webhook-id"])
        wanted = {f"/{step}/{name}" for step in ("first", "last") for name in names}
        assert {path for path in by_name if path.rpartition("/")[2] in names} == wanted
        assert {path: ids for path, ids in by_name.items() if path in wanted and len(ids) > 1} == {}
        assert Counter(job["status"] for run in runs[:20] for job in jobs_of(stack, run["id"])) == {"done": 60}
    finally:
        stack.api.delete(f"/v1/rules/{rule['id']}")


def calls_of(stack: Stack) -> list[dict[str, Any]]:
    """The calls of this test's steps that were received."""
    calls = stack.webhooks.received()["calls"]
    return [call for call in calls if call["path"].startswith(("/first/", "/last/"))]


def taken(stack: Stack, seed: int, name: str) -> int:
    """The status of the answer that is no failure of the server; a sender repeats what failed."""
    status, until = 500, time.monotonic() + PATIENCE
    while status >= 500 and time.monotonic() < until:
        status = post(stack.hook("payments"), {"type": f"killed.s{seed}", "data": {"id": name}}, f"msg_{name}").status
    return status


def all_over(stack: Stack, rule: str) -> list[dict[str, Any]] | None:
    """The rule's runs, once there is one for each event and all are over."""
    runs = runs_of(stack, rule)
    return runs if len(runs) >= EVENTS and all(run["finished_at"] for run in runs) else None


def runs_of(stack: Stack, rule: str) -> list[dict[str, Any]]:
    """All runs of the rule."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        answer = stack.api.call("GET", f"/v1/runs?rule={rule}&limit=100{cursor}")
        if answer.status >= 500:
            return []
        page = answer.json()
        found += page["items"]
        if page["cursor"] is None:
            return found
        cursor = f"&cursor={page['cursor']}"


def jobs_of(stack: Stack, run: str) -> list[dict[str, Any]]:
    """The jobs of a run."""
    jobs: list[dict[str, Any]] = stack.api.get(f"/v1/runs/{run}")["jobs"]
    return jobs
