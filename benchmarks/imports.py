"""Measure what a cold start of each function imports, beside boto3 with one client in the same process.

    python -m benchmarks.imports              the whole table
    python -m benchmarks.imports RUNS         with so many runs of each function (7)
    python -m benchmarks.imports --probe NAME one measurement of one function, as JSON

Each run is an interpreter of its own that first imports boto3 and makes a client, then loads the function and wires
what its handler uses; the clients that this would make are boto3's time and left out. Bytecode is cached, as it is in
the runtime for boto3, and as `sam build` can do for the layers.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FUNCTIONS = ROOT / "functions"
LAYER = ROOT / "layers" / "whenthen"

BOTO3_MS = 200
"""CPU time of boto3 with one client on the machine that the target is said for: 60 ms more, at most."""

WIRED: Mapping[str, tuple[str, ...]] = {
    "receive_webhook": ("receive_webhook",),
    "receive_meta": ("receive_meta",),
    "match_rules": ("match_event", "messages"),
    "publish_changes": ("publish_changes", "lost_changes"),
    "serve_links": ("preferences",),
    "receive_email": ("receive_email", "messages"),
    "receive_sms": ("receive_sms", "messages"),
    "publish_outcomes": ("publish_outcomes", "lost_outcomes"),
    "fire_due_dates": ("fire_due_dates", "messages"),
    "enrol_view": ("enrol_records",),
    "change_runs": ("change_runs",),
    "import_records": ("import_records",),
    "fetch_lead": ("fetch_lead", "messages"),
    "reconcile_leads": ("reconcile_leads", "messages"),
    "advance_sequence": ("advance_sequence",),
    "resume_runs": ("resume_runs", "messages"),
    "send_email": ("perform_step", "messages"),
    "send_whatsapp": ("perform_step", "messages"),
    "send_sms": ("perform_step", "messages"),
    "call_webhook": ("perform_step", "messages"),
    "send_chat": ("perform_step", "messages"),
    "call_api": ("perform_step", "messages"),
    "update_audience": ("perform_step", "messages"),
    "notify_staff": ("perform_step", "messages"),
    "change_record": ("perform_step", "messages"),
    "authorize": ("authorize",),
    "manage": (
        "manage_rules",
        "lint_rule",
        "manage_views",
        "manage_imports",
        "start_rule",
        "records",
        "save_record",
        "send_event",
        "read_history",
        "explain_event",
        "stop_run",
    ),
}
"""Each function, and what its handler asks of the wiring."""

CHANNELS: Mapping[str, str] = {
    "send_email": "email",
    "send_whatsapp": "whatsapp",
    "send_sms": "sms",
    "call_webhook": "webhook",
    "send_chat": "chat",
    "call_api": "api",
    "update_audience": "audience",
    "notify_staff": "staff",
    "change_record": "record",
}
"""The functions that share the code of perform_step, and what their CHANNEL is."""


WITH_DEFAULTS = ("RETENTION_DAYS", "DANGEROUSLY_ALLOW_PRIVATE_ADDRESSES", "SMS_MAX_PARTS", "SMS_PROVIDER")
"""Variables that are not any text: they keep their defaults."""


def code_of(function: str) -> str:
    """Return the name of the folder that holds the function's code."""
    return "perform_step" if function in CHANNELS else function


def probe(function: str) -> dict[str, Any]:
    """CPU milliseconds of boto3 and of what the function adds to it, and the modules that it adds."""
    started = time.process_time()
    import boto3  # noqa: PLC0415 - what is measured

    boto3.client("dynamodb", region_name="eu-central-1")
    based, before = time.process_time(), set(sys.modules)
    _load(function)
    _wire(function)
    done = time.process_time()
    return {
        "boto3_ms": (based - started) * 1e3,
        "own_ms": (done - based) * 1e3,
        "modules": sorted(sys.modules.keys() - before),
    }


def _load(function: str) -> None:
    folder = FUNCTIONS / code_of(function)
    sys.path[:0] = [str(folder), str(LAYER)]
    spec = importlib.util.spec_from_file_location("app", folder / "app.py")
    assert spec is not None  # noqa: S101 - for the type checker
    assert spec.loader is not None  # noqa: S101
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    if function == "manage":
        # The routes of a resource are loaded by its first request: here those with the most models.
        importlib.import_module("whenthen.api.app").include("rules")


def _wire(function: str) -> None:
    from whenthen.runtime.environment import Settings  # noqa: PLC0415
    from whenthen.runtime.wiring import Wiring  # noqa: PLC0415

    class Offline(Wiring):
        country = None

        def client(self, service: str, config: Any = None) -> Any:
            return None

    channel = {"CHANNEL": CHANNELS[function]} if function in CHANNELS else {}
    wiring = Offline(Settings(_Anything(channel)))
    for name in WIRED[function]:
        getattr(wiring, name)


class _Anything(dict[str, str]):
    """An environment in which every variable is set, but for those that have defaults."""

    def get(self, name: str, default: Any = None) -> Any:
        if name in self:
            return self[name]
        return default if name in WITH_DEFAULTS else "x"


def measured(function: str, bytecode: Path) -> dict[str, Any]:
    """A probe in an interpreter of its own, which keeps its bytecode in `bytecode`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "AWS_"))}
    found: dict[str, Any] = json.loads(
        subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", "benchmarks.imports", "--probe", function],
            check=True,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**inherited, "PYTHONPYCACHEPREFIX": str(bytecode)},
        ).stdout
    )
    return found


def table(runs: int) -> None:
    """Print the medians of each function."""
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {runs} runs, medians of CPU time\n")
    print(f"| function | boto3 and a client, ms | own, ms | ratio | own where boto3 takes {BOTO3_MS} ms |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as kept:
        for function in WIRED:
            measured(function, Path(kept))
            found = [measured(function, Path(kept)) for _ in range(runs)]
            boto3_ms, own_ms = (statistics.median(run[name] for run in found) for name in ("boto3_ms", "own_ms"))
            ratio = statistics.median(run["own_ms"] / run["boto3_ms"] for run in found)
            print(
                f"| {function} | {boto3_ms:.0f} | {own_ms:.0f} | {ratio:.2f} | {ratio * BOTO3_MS:.0f} ms |", flush=True
            )


def main() -> None:
    """Print the table, or one measurement."""
    match sys.argv[1:]:
        case ["--probe", function]:
            print(json.dumps(probe(function)))
        case [runs]:
            table(int(runs))
        case _:
            table(7)


if __name__ == "__main__":
    main()
