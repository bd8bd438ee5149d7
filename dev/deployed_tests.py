"""Run the fast tests on the Python that the functions are deployed on: `python -m dev.deployed_tests [--if-found] …`.

The rest of the command line is pytest's. With `--if-found`, a machine without that Python is told so, and passes; and
where this very Python is of that version, nothing runs twice.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from dev.environments import DEPLOYED_TESTS
from dev.paths import ROOT, venv_python
from dev.pythons import NAMED, deployed_python, missing, this_python

IF_FOUND = "--if-found"
FAST = ("--dist", "worksteal", "-m", "not long")
"""As in the Makefile: whoever has no test left takes some of another one's."""
STACK_TESTS = "tests/e2e"
"""Those that need a deployed stack, which runs on one Python only."""


def pytest_command(arguments: Sequence[str]) -> list[str]:
    """The command that runs the fast tests in the environment of the deployed Python."""
    python = str(venv_python(DEPLOYED_TESTS))
    return [python, "-m", "pytest", "-n", "auto", *FAST, f"--ignore={STACK_TESTS}", *arguments]


def reason_to_skip(arguments: Sequence[str]) -> str | None:
    """Why there is nothing to run beside the tests that ran already. None if there is."""
    paths = [argument for argument in arguments if argument.startswith("tests")]
    if this_python().is_deployed:
        return f"The tests ran on the deployed Python {NAMED} already."
    if paths and all(path.startswith(STACK_TESTS) for path in paths):
        return f"Nothing to run on the deployed Python {NAMED}: the stack runs on one Python only."
    return f"NOT TESTED on the deployed Python {NAMED}. {missing()}" if deployed_python() is None else None


def main(arguments: Sequence[str]) -> int:  # noqa: RET503 - os.execv does not return
    """Become pytest; 0 where there is nothing to run and that is allowed, 1 where the environment cannot be made."""
    rest = [argument for argument in arguments if argument != IF_FOUND]
    reason = reason_to_skip(rest) if IF_FOUND in arguments else None
    if reason is not None:
        print(f"== {reason}", flush=True)
        return 0
    made = subprocess.run([sys.executable, "-m", "dev.environments", DEPLOYED_TESTS], cwd=ROOT, check=False)
    if made.returncode != 0:
        return 1
    print(f"== The fast tests on the deployed version: {deployed_python()}", flush=True)
    command = pytest_command(rest)
    os.chdir(ROOT)
    os.execv(command[0], command)  # noqa: S606 - so that signals reach it


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
