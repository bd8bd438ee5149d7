"""Starting and renewing the local stack: what fails leaves a stack that ran before as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dev import lifecycle
from dev.lifecycle import Running
from dev.provision import Credentials
from dev.sam import DeployFailed


class Machine:
    """Notes what is started, deployed and stopped."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path, running: Running | None) -> None:
        self.calls: list[str] = []
        self.fails: BaseException | None = None
        monkeypatch.setattr(lifecycle, "LOCAL", folder)
        monkeypatch.setattr(lifecycle, "fingerprint", lambda _: "sources of now")
        monkeypatch.setattr(lifecycle, "_read_running", lambda _: running)
        monkeypatch.setattr(lifecycle, "_start", self._start)
        monkeypatch.setattr(lifecycle, "_stop", self._stop)
        monkeypatch.setattr(lifecycle, "_deploy", self._deploy)

    def _start(self, _paths: Any) -> str:
        self.calls.append("start")
        return "started"

    def _stop(self, _paths: Any) -> bool:
        self.calls.append("stop")
        return True

    def _deploy(self, _paths: Any, _running: Any, _sources: str, *, is_new: bool) -> str:
        self.calls.append("deploy new" if is_new else "renew")
        if self.fails:
            raise self.fails
        return "stack"


RUNNING = Running({"aws": 1}, Credentials.invent(), "machinery", sources="sources of before")


@pytest.mark.parametrize("error", [DeployFailed("the API answers 401"), KeyboardInterrupt(), OSError()])
def test_a_stack_whose_renewal_fails_still_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: BaseException
) -> None:
    machine = Machine(monkeypatch, tmp_path, RUNNING)
    machine.fails = error
    with pytest.raises(type(error)):
        lifecycle.up("some")
    assert machine.calls == ["renew"]


@pytest.mark.parametrize("error", [DeployFailed("the API answers 401"), KeyboardInterrupt()])
def test_a_new_stack_that_cannot_be_deployed_is_stopped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: BaseException
) -> None:
    machine = Machine(monkeypatch, tmp_path, None)
    machine.fails = error
    with pytest.raises(type(error)):
        lifecycle.up("some")
    assert machine.calls == ["start", "deploy new", "stop"]


@pytest.mark.parametrize(("running", "calls"), [(RUNNING, ["renew"]), (None, ["start", "deploy new"])])
def test_a_stack_is_renewed_where_one_runs_and_else_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, running: Running | None, calls: list[str]
) -> None:
    machine = Machine(monkeypatch, tmp_path, running)
    assert lifecycle.up("some") == "stack"
    assert machine.calls == calls
