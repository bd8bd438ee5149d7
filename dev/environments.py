"""Set up the virtual environments that the tools and tests run in: `python -m dev.environments NAME …`.

Runs on nothing but Python's standard library, because it is what runs first on a bare machine. Each
environment is made from `dev/requirements/NAME.txt`, in which everything is pinned, and carries a stamp
with the hash of those pins: unchanged pins mean no work. `test-3.13` is made from the same pins as `test`, with the
Python that the functions are deployed on.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from dev.files import exclusive
from dev.paths import ROOT, VENVS, venv_python
from dev.pythons import NAMED, Python, deployed_python, missing, this_python

OLDEST_PYTHON = (3, 11)
REQUIREMENTS = ROOT / "dev" / "requirements"

DEPLOYED_TESTS = f"test-{NAMED}"
"""The environment of the tests on the deployed Python."""

_SAME_PINS = {DEPLOYED_TESTS: "test"}

PURPOSES = {
    "emulator": "the local AWS",
    "sam": "the SAM CLI",
    "test": "the test tools",
    DEPLOYED_TESTS: f"the test tools on the deployed Python {NAMED}",
    "check": "the formatter, type checker and template linter",
    "checkov": "the template's security check",
    "bench": "the benchmarks' peers",
}


class SetupFailed(Exception):
    """An environment could not be made; says why, with the end of pip's output."""


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment, by its name, which is that of its requirements file but for `test-3.13`."""

    name: str

    @property
    def home(self) -> Path:
        return VENVS / self.name

    @property
    def log(self) -> Path:
        return VENVS / f"{self.name}.log"

    @property
    def requirements(self) -> Path:
        return REQUIREMENTS / f"{_SAME_PINS.get(self.name, self.name)}.txt"

    @property
    def python(self) -> Python:
        """The interpreter that it is made with. Raises SetupFailed where that is not found."""
        found = deployed_python() if self.name == DEPLOYED_TESTS else this_python()
        if found is None:
            raise SetupFailed(missing())
        return found

    def wanted(self) -> str:
        """Return the text of the stamp of an environment that is as it should be."""
        python = self.python
        digest = hashlib.sha256(f"{python.version} {python.executable}".encode())
        for file in pinned_files(self.requirements):
            digest.update(file.read_bytes())
        return digest.hexdigest()

    def is_ready(self) -> bool:
        stamp = self.home / "stamp"
        return stamp.is_file() and stamp.read_text() == self.wanted() and venv_python(self.name).exists()

    def make(self) -> None:
        """Make it anew. Raises SetupFailed; a half-made environment has no stamp and is made again."""
        shutil.rmtree(self.home, ignore_errors=True)
        self._run(
            [self.python.executable, "-m", "venv", str(self.home)], "python -m venv failed; is python3-venv installed?"
        )
        pip = [
            str(venv_python(self.name)),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-input",
            "--disable-pip-version-check",
        ]
        self._run([*pip, "-r", str(self.requirements)], f"pip could not install {self.requirements.relative_to(ROOT)}")
        (self.home / "stamp").write_text(self.wanted())

    def _run(self, command: Sequence[str], failure: str) -> None:
        with self.log.open("a") as log:
            done = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=False, cwd=ROOT)
        if done.returncode != 0:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
            raise SetupFailed(f"{failure}\n{tail}\n(all of it: {self.log})")


def pinned_files(requirements: Path) -> list[Path]:
    """The file and those that it includes with `-r`."""
    files = [requirements]
    for line in requirements.read_text().splitlines():
        if line.startswith("-r "):
            files += pinned_files((requirements.parent / line[3:].strip()).resolve())
    return files


def ensure(names: Sequence[str]) -> None:
    """Make those environments that are not as their pins say, at the same time. Raises SetupFailed."""
    if all(Environment(name).is_ready() for name in names):
        return
    with exclusive(VENVS / "lock"):
        _make_missing([environment for name in names if not (environment := Environment(name)).is_ready()])


def _make_missing(missing: Sequence[Environment]) -> None:
    if not missing:  # another command made them while we waited
        return
    say(f"Setting up {', '.join(PURPOSES[one.name] for one in missing)} (once, about a minute) …")
    with ThreadPoolExecutor(max_workers=len(missing)) as pool:
        for outcome in [pool.submit(_make, environment) for environment in missing]:
            outcome.result()


def _make(environment: Environment) -> None:
    started = time.monotonic()
    environment.log.unlink(missing_ok=True)
    environment.make()
    say(f"  {PURPOSES[environment.name]}: ready after {time.monotonic() - started:.0f} s")


def say(message: str) -> None:
    """Print a line of progress, seen at once even through a pipe."""
    print(message, flush=True)


def main(names: Sequence[str]) -> int:
    """Set up the named environments; 1 and the reason if that fails."""
    if sys.version_info[:2] < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        say(f"whenthen needs Python {oldest} or newer, and {sys.executable} is {sys.version.split()[0]}.")
        say("Name a newer one: make PYTHON=/path/to/python3 …")
        return 1
    unknown = [name for name in names if name not in PURPOSES]
    if unknown:
        say(f"no such environment: {', '.join(unknown)}; there are {', '.join(PURPOSES)}")
        return 1
    os.environ.pop("PYTHONPATH", None)
    try:
        ensure(names)
    except SetupFailed as failed:
        say(f"FAILED: {failed}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
