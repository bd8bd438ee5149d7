"""The contracts of import-linter: a new package has no place until one of them gives it one."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LAYER = ROOT / "layers" / "whenthen"
CONTRACTS: list[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
    "contracts"
]
OF_OTHER_CONTRACTS = {"whenthen.channels", "whenthen.locales"}
"""A channel is bound by the contracts of channels, which name none; what holds texts imports nothing."""


def parents() -> Iterator[str]:
    """Name each package that holds packages."""
    for init in (LAYER / "whenthen").rglob("__init__.py"):
        if any((folder / "__init__.py").exists() for folder in init.parent.iterdir()):
            yield ".".join(init.parent.relative_to(LAYER).parts)


def test_each_package_that_holds_packages_has_an_exhaustive_contract() -> None:
    ordered = {
        container
        for contract in CONTRACTS
        if contract["type"] == "layers"
        for container in contract["containers"]
        if contract.get("exhaustive")
    }
    held = {each for each in parents() if not each.startswith("whenthen.channels.")}  # no contract names a channel
    assert held - ordered == {"whenthen.channels"}
    ignored = {f"whenthen.{name}" for contract in CONTRACTS for name in contract.get("exhaustive_ignores", ())}
    assert ignored == OF_OTHER_CONTRACTS


def test_no_contract_names_a_channel() -> None:
    """So a channel is held to all of them from its first day."""
    channels = [folder.parent.name for folder in (LAYER / "whenthen" / "channels").glob("*/action.py")]
    written = str(CONTRACTS)
    assert channels
    assert not [name for name in channels if f"whenthen.channels.{name}" in written]
