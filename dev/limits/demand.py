"""Work out what a stage asks of its account, from template.yaml and samconfig.toml alone."""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from dev.paths import ROOT

STREAMS = 2
"""Tables whose stream a function forwards; each has at least one shard."""


class UnknownParameter(Exception):
    """Report a parameter of samconfig.toml that template.yaml does not have."""


@dataclass(frozen=True, slots=True)
class Demand:
    """Hold the limits that a stage needs.

    capacity         the parameter Capacity
    consumers        how many of each consumer of a queue may run at once
    streams          how many forwarders of streams may run at once, with one shard each
    api_rate         requests a second that the API takes
    sender           the address that mail comes from
    """

    capacity: str
    consumers: Mapping[str, int]
    streams: int
    api_rate: float
    sender: str


_Fastest: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""In C where PyYAML was built so, which is ten times as fast."""


class _Loader(_Fastest):  # type: ignore[misc]
    """Reads plain values; short tags of CloudFormation stand for nothing."""


_Loader.add_multi_constructor("!", lambda _loader, _suffix, _node: None)


def read_template(file: Path = ROOT / "template.yaml") -> dict[str, Any]:
    """Read the template's parameters and tables, without its functions."""
    document: dict[str, Any] = yaml.load(file.read_text(), Loader=_Loader)  # noqa: S506 - safe
    return document


def stage_parameters(stage: str, file: Path = ROOT / "samconfig.toml") -> dict[str, str]:
    """Read what samconfig.toml sets for a stage. Raises KeyError for one that it does not have."""
    overrides = tomllib.loads(file.read_text())[stage]["deploy"]["parameters"]["parameter_overrides"]
    pairs = shlex.split(overrides) if isinstance(overrides, str) else overrides
    return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}


def demand_of(template: Mapping[str, Any], parameters: Mapping[str, str]) -> Demand:
    """Work out the demand. Raises UnknownParameter."""
    declared = template["Parameters"]
    unknown = sorted(parameters.keys() - declared.keys())
    if unknown:
        raise UnknownParameter(f"template.yaml has no parameter {', '.join(unknown)}")
    values = {name: parameters.get(name, entry.get("Default")) for name, entry in declared.items()}
    capacity = str(values["Capacity"])
    return Demand(
        capacity=capacity,
        consumers={
            name: int(values[f"{name}Concurrency"] if capacity == "custom" else row[capacity.capitalize()])
            for name, row in template["Mappings"]["Consumers"].items()
        },
        streams=STREAMS * int(values["StreamParallelism"]),
        api_rate=float(values["ApiRateLimit"]),
        sender=str(values["MailFrom"] or ""),
    )
