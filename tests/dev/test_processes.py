"""Started processes are remembered exactly, and stopped with all that they started; nobody else's are."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dev import processes
from dev.processes import Process, ProcessFile
from tests.waiting import until

SLEEP = "import time; time.sleep(600)"
WITH_CHILD = (
    f"import subprocess, sys, time; print(subprocess.Popen([sys.executable, '-c', {SLEEP!r}]).pid, flush=True); "
)
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)"
)

needs_proc = pytest.mark.skipif(not Path("/proc/self").exists(), reason="children are told apart by /proc")


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that was told to end may take long to do so on a busy machine."""
    monkeypatch.setattr(processes, "_PATIENCE_SECONDS", 120)


@pytest.fixture
def start(tmp_path: Path) -> Iterator:
    started: list[Process] = []

    def start(code: str) -> Process:
        process = processes.start("one", [sys.executable, "-c", code], dict(os.environ), tmp_path / "log", tmp_path)
        started.append(process)
        return process

    yield start
    for process in started:
        processes.stop(process)


def output(tmp_path: Path) -> str:
    until(lambda: (tmp_path / "log").read_text().endswith("\n"), "the process writes no line")
    return (tmp_path / "log").read_text().strip()


def test_a_started_process_is_alive_until_it_is_stopped(start):
    process = start(SLEEP)
    assert process.is_alive()
    processes.stop(process)
    assert not process.is_alive()


def test_a_process_that_ends_by_itself_is_not_alive_even_before_it_is_reaped(start):
    process = start("pass")
    until(lambda: not process.is_alive(), "the process does not end")


def test_a_foreign_process_with_the_same_pid_is_neither_alive_nor_stopped(start):
    foreign = subprocess.Popen([sys.executable, "-c", SLEEP])  # noqa: S603 - our own code
    try:
        # The kernel counts starts in hundredths of a second: it may need another one to tell them apart.
        foreign_start = processes.start_of(foreign.pid)
        own = until(lambda: other if (other := start("pass")).started != foreign_start else None, "all start at once")
        remembered = replace(own, pid=foreign.pid)
        assert not remembered.is_alive()
        processes.stop(remembered)
        assert foreign.poll() is None
    finally:
        foreign.kill()
        foreign.wait()


@needs_proc
def test_children_are_stopped_too(start, tmp_path):
    process = start(WITH_CHILD + "time.sleep(600)")
    child = int(output(tmp_path))
    processes.stop(process)
    assert processes.start_of(child) is None


@needs_proc
def test_children_that_outlived_their_parent_are_stopped(start, tmp_path):
    process = start(WITH_CHILD)
    child = int(output(tmp_path))
    until(lambda: not process.is_alive(), "the parent does not end")
    assert processes.start_of(child) is not None
    processes.stop(process)
    assert processes.start_of(child) is None


def test_a_process_that_ignores_the_polite_request_is_killed(start, tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "_PATIENCE_SECONDS", 0.2)
    process = start(STUBBORN)
    output(tmp_path)
    processes.stop(process)
    until(lambda: not process.is_alive(), "the process does not end")


def test_the_file_stops_what_it_remembers_and_forgets_it(start, tmp_path):
    file = ProcessFile(tmp_path / "kept" / "processes.json")
    one, other = start(SLEEP), start(SLEEP)
    file.add(one)
    file.add(other)
    assert ProcessFile(tmp_path / "kept" / "processes.json").read() == [one, other]
    assert file.stop_all() == [one, other]
    assert not one.is_alive()
    assert not other.is_alive()
    assert file.read() == []
    assert file.stop_all() == []


def test_a_damaged_file_is_as_good_as_none(tmp_path):
    (tmp_path / "processes.json").write_text('[{"name": "em')
    assert ProcessFile(tmp_path / "processes.json").read() == []


def test_a_command_that_is_run_is_remembered_meanwhile_and_its_status_returned(tmp_path):
    file = ProcessFile(tmp_path / "processes.json")
    code = f"import json, sys; sys.exit(len(json.load(open({str(tmp_path / 'processes.json')!r}))) + 6)"
    written = f"while not os.path.exists({str(tmp_path / 'processes.json')!r}): time.sleep(0.01)\n"
    wait = f"import os, time\n{written}"
    assert file.run("it", [sys.executable, "-c", wait + code], dict(os.environ), tmp_path / "log", tmp_path) == 7
    assert file.read() == []
