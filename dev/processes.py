"""Start processes that outlive us, remember exactly which they were, and stop those and no others.

A pid alone says nothing: it may long belong to someone else's process. So each started process is
remembered with the moment at which the kernel says that it started, and is stopped only if both agree.
Each leads its own session, so what it started itself goes with it. If it died and left such children
behind, they are known by the mark in their environment.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

MARK = "WHENTHEN_DEV_PROCESS"
"""The environment variable that a started process and all its children carry."""

_PATIENCE_SECONDS = 5.0
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    """A started process. `started` is the kernel's own text for its start; it is compared, never read."""

    name: str
    pid: int
    started: str
    mark: str

    def is_alive(self) -> bool:
        """Whether this very process, and not a later one with its pid, still runs."""
        return start_of(self.pid) == self.started


def start(name: str, command: Sequence[str], env: Mapping[str, str], log: Path, cwd: Path) -> Process:
    """Start a process in a session of its own, with its output at the end of `log`."""
    mark = secrets.token_hex(16)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            env={**env, MARK: mark},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    child.returncode = 0  # Popen need not wait for it: `run` and `stop` do
    return Process(name, child.pid, start_of(child.pid) or "", mark)


def start_of(pid: int) -> str | None:
    """When the kernel started this process; None if there is no such process, or only its remains."""
    if _PROC.joinpath("self").exists():
        return _start_in_proc(pid)
    listed = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, started = listed.stdout.strip().partition(" ")
    return None if state.startswith("Z") else started.strip() or None


def _start_in_proc(pid: int) -> str | None:
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, ticks = fields[0], fields[19]
    return None if state in "ZX" else f"{boot} {ticks}"


def stop(process: Process) -> None:
    """Stop the process and what it started: first politely, then not. Does nothing to anyone else's."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        members = list(_members(process))
        for pid in members:
            with suppress(ProcessLookupError):
                os.kill(pid, sign)
        if not members or _all_gone(process):
            break
    with suppress(ChildProcessError):
        os.waitpid(process.pid, os.WNOHANG)  # nobody else does, if we started it ourselves


def _members(process: Process) -> Iterator[int]:
    """The pids of the process and of its descendants, wherever these went."""
    if process.is_alive():
        yield process.pid
    if not _PROC.joinpath("self").exists():
        return  # without /proc the children cannot be told apart; they end when their input does
    wanted = f"{MARK}={process.mark}".encode()
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and int(entry.name) != process.pid:
            with suppress(OSError):
                if wanted in (entry / "environ").read_bytes().split(b"\0") and start_of(int(entry.name)):
                    yield int(entry.name)


def _all_gone(process: Process) -> bool:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while any(True for _ in _members(process)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


class ProcessFile:
    """The processes of one stack, on disk, so that a later command can stop them."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[Process]:
        """Those that were started and not yet forgotten; none if there is no such file, or half of one."""
        try:
            return [Process(**entry) for entry in json.loads(self._path.read_text())]
        except (FileNotFoundError, json.JSONDecodeError):
            return []

    def add(self, process: Process) -> None:
        """Remember one more."""
        self._write([*self.read(), process])

    def run(self, name: str, command: Sequence[str], env: Mapping[str, str], log: Path, cwd: Path) -> int:
        """Run a command to its end, remembered meanwhile. Returns its exit status."""
        process = start(name, command, env, log, cwd)
        self.add(process)
        _, status = os.waitpid(process.pid, 0)
        self._write([one for one in self.read() if one != process])
        return os.waitstatus_to_exitcode(status)

    def stop_all(self) -> list[Process]:
        """Stop them all, last started first, and forget them. Returns those that were still running."""
        running = [process for process in self.read() if process.is_alive()]
        for process in reversed(self.read()):
            stop(process)
        self._path.unlink(missing_ok=True)
        return running

    def _write(self, processes: Sequence[Process]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps([asdict(process) for process in processes], indent=2))
        fresh.replace(self._path)
