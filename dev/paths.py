"""Where things are: the checkout, and what this machine keeps for it under `.local/`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"
VENVS = LOCAL / "venv"
SAM = LOCAL / "sam"
"""The SAM CLI's build, cache and settings for the local stack; `make deploy` builds into `.aws-sam/`."""

UP = "up"
"""The name of the stack that `make up` leaves running; tests use one of their own beside it."""


@dataclass(frozen=True, slots=True)
class StackPaths:
    """The files of one named local stack, all below `.local/`."""

    name: str

    @property
    def home(self) -> Path:
        """Everything of this stack but its stack file."""
        return LOCAL / "stacks" / self.name

    @property
    def stack_file(self) -> Path:
        """Return the file that the stack's users read: addresses, secrets, names."""
        return LOCAL / "stack.json" if self.name == UP else self.home / "stack.json"

    @property
    def processes(self) -> Path:
        """The processes that were started, so that exactly those are stopped."""
        return self.home / "processes.json"

    @property
    def data(self) -> Path:
        """Return the folder that the processes write to. It is emptied at every start."""
        return self.home / "data"

    def log(self, name: str) -> Path:
        """The output of one process or step."""
        return self.home / "logs" / f"{name}.log"


def known_stacks() -> list[StackPaths]:
    """Every stack that was ever started from this checkout, running or not."""
    homes = (LOCAL / "stacks").glob("*/")
    return [StackPaths(home.name) for home in sorted(homes)]


def venv_python(name: str) -> Path:
    """The interpreter of one of the environments that `dev.environments` sets up."""
    return VENVS / name / "bin" / "python"
