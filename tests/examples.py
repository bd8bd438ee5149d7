"""How many examples a property test draws: all of them in `make test`, fewer in `make test-fast`."""

from __future__ import annotations

import pytest

_part = {"fast": False}


def configure(config: pytest.Config) -> None:
    """Note whether the tests that take many seconds are left out, before any module with tests is imported."""
    _part["fast"] = "not long" in config.option.markexpr


def examples(whole: int, fast: int) -> int:
    """Return the number of examples of this run: `fast` where tests marked `long` are left out, else `whole`."""
    return fast if _part["fast"] else whole
