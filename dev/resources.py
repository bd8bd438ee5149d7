"""Look up the resources of a deployed stack by the logical names of template.yaml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from dev.emulator import Emulator

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Resources:
    """Physical ids by type and logical name, and the stack's outputs."""

    by_type: Mapping[str, Mapping[str, str]]
    outputs: Mapping[str, str]

    def named(self, resource_type: str, suffix: str) -> dict[str, str]:
        """All of one type, by their logical name in snake case without `suffix`: `EmailQueue` is `email`."""
        found = self.by_type.get(resource_type, {})
        return {_snake(name.removesuffix(suffix)): physical for name, physical in sorted(found.items())}

    def only(self, resource_type: str) -> str:
        """The one resource of its type; empty if the template has none."""
        return next(iter(self.by_type.get(resource_type, {}).values()), "")

    def get(self, logical_name: str) -> str:
        """The physical id of one resource; empty if the template has none of that name."""
        return next((found[logical_name] for found in self.by_type.values() if logical_name in found), "")


def read(emulator: Emulator, stack_name: str) -> Resources:
    """Read the deployed stack."""
    cloudformation = emulator.client("cloudformation")
    stack = cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
    by_type: dict[str, dict[str, str]] = {}
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack_name):
        for resource in page["StackResourceSummaries"]:
            physical = resource.get("PhysicalResourceId", "")
            by_type.setdefault(resource["ResourceType"], {})[resource["LogicalResourceId"]] = physical
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
    return Resources(by_type, outputs)


def _snake(name: str) -> str:
    return "_".join(word.lower() for word in _WORD.split(name))
