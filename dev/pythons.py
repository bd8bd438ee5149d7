"""Find the Python that the functions are deployed on: `python -m dev.pythons` prints its path, or why there is none.

A name on the PATH proves nothing: pyenv puts a `python3.13` there that refuses to run where no 3.13 is chosen. So each
candidate is run and asked for its version. Runs on nothing but Python's standard library.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DEPLOYED = (3, 13)
"""As `Runtime` in template.yaml says."""

NAMED = ".".join(map(str, DEPLOYED))
VARIABLE = "WHENTHEN_DEPLOYED_PYTHON"
"""The environment variable that names the interpreter, where it is in no usual place."""

_ASK = "import json, sys, venv, ensurepip; print(json.dumps([sys.executable, list(sys.version_info[:3])]))"
_FOLDERS = (
    "{PYENV_ROOT}/versions/{version}*/bin",
    "{HOME}/.pyenv/versions/{version}*/bin",
    "{HOME}/.local/share/uv/python/cpython-{version}*/bin",
    "{HOME}/.local/share/mise/installs/python/{version}*/bin",
    "{HOME}/.asdf/installs/python/{version}*/bin",
    "/opt/homebrew/opt/python@{version}/bin",
    "/usr/local/bin",
    "/opt/python{version}/bin",
    "/opt/python/{version}*/bin",
)
"""Where installers put it without putting it on the PATH."""


@dataclass(frozen=True, slots=True)
class Python:
    """An interpreter that was run: its own path, and its version."""

    executable: str
    version: tuple[int, ...]

    @property
    def is_deployed(self) -> bool:
        """Whether the functions are deployed on this version, whatever its patch level."""
        return self.version[:2] == DEPLOYED

    def __str__(self) -> str:
        return f"Python {'.'.join(map(str, self.version))} ({self.executable})"


def this_python() -> Python:
    """The interpreter that runs this."""
    return Python(sys.executable, tuple(sys.version_info[:3]))


@cache
def deployed_python() -> Python | None:
    """Find an interpreter of the deployed version. None where there is none, or the one that is named is another."""
    found = (asked(command) for command in _candidates())
    return next((python for python in found if python is not None and python.is_deployed), None)


def asked(command: str) -> Python | None:
    """Run an interpreter for its path and version. None if it cannot run, or cannot make environments."""
    try:
        ran = subprocess.run([command, "-c", _ASK], capture_output=True, text=True, check=True, timeout=120)
        executable, version = json.loads(ran.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return Python(executable, tuple(version))


def _candidates() -> Iterator[str]:
    named = os.environ.get(VARIABLE)
    if named:
        yield named
        return
    yield sys.executable
    for folder in os.get_exec_path():
        command = shutil.which(f"python{NAMED}", path=folder)
        if command:
            yield command
    known = {"HOME": str(Path.home()), "PYENV_ROOT": os.environ.get("PYENV_ROOT", "/nowhere"), "version": NAMED}
    for pattern in _FOLDERS:
        folder = pattern.format(**known)
        yield from map(str, sorted(Path("/").glob(f"{folder[1:]}/python{NAMED}"), reverse=True))


def missing() -> str:
    """Say that there is none, and what to do about it."""
    named = os.environ.get(VARIABLE)
    if named:
        return f"{VARIABLE} names {named}, which is no Python {NAMED} that runs and can make environments."
    return (
        f"There is no Python {NAMED} here, on which the functions are deployed. Install it (`uv python install"
        f" {NAMED}`, `pyenv install {NAMED}`, or python{NAMED} and python{NAMED}-venv of your system), or say where it"
        f" is: make … {VARIABLE}=/path/to/python{NAMED}"
    )


def main() -> int:
    """Print the path of the deployed Python; 1 and what to do if there is none."""
    found = deployed_python()
    print(found.executable if found else missing(), file=sys.stdout if found else sys.stderr)
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
