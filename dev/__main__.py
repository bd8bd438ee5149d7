"""The local stack from the command line.

python -m dev up [NAME]                 start it, or renew it if its sources changed, and leave it running
python -m dev down [NAME]               stop it; without a name, every stack of this checkout
python -m dev logs [FUNCTION]           what the functions of `make up`'s stack logged
python -m dev run NAME -- COMMAND …     run a command beside a fresh stack of its own, then stop that
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from types import FrameType

from dev.emulator import DidNotStart
from dev.lifecycle import STACK_FILE, down, down_all, running_stack, say, up
from dev.logs import entries
from dev.paths import ROOT, UP, StackPaths
from dev.sam import DeployFailed
from dev.stack import Stack


def main(arguments: Sequence[str]) -> int:
    """0, or what the command that was run returned; 1 and the reason if the stack does not start."""
    signal.signal(signal.SIGTERM, _stop_at_once)
    try:
        match arguments:
            case ["up", *name]:
                up(name[0] if name else UP)
            case ["down"]:
                down_all()
            case ["down", name]:
                say(f"Stopped: {name}" if down(StackPaths(name)) else f"{name} was not running.")
            case ["logs", *function]:
                for entry in entries(Stack.load(StackPaths(UP).stack_file), *function[:1]):
                    print(entry)
            case ["run", name, "--", *command] if command:
                return _run(name, command)
            case _:
                print(__doc__)
                return 2
    except (DidNotStart, DeployFailed) as failed:
        say(f"FAILED: {failed}")
        return 1
    except KeyboardInterrupt:
        say("Interrupted; nothing is left running.")
        return 130
    return 0


def _run(name: str, command: Sequence[str]) -> int:
    with running_stack(name):
        env = {**os.environ, STACK_FILE: str(StackPaths(name).stack_file)}
        return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode


def _stop_at_once(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(143)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
