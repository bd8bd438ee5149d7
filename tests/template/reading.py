"""template.yaml as data: short tags as functions, loops unrolled, values as the text that they stand for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]

FUNCTION = "AWS::Serverless::Function"
QUEUE = "AWS::SQS::Queue"
TABLE = "AWS::DynamoDB::Table"


class _Loader(yaml.SafeLoader):
    """Reads `!Sub text` as {"Fn::Sub": text}, as CloudFormation does."""


def _tagged(loader: _Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _tagged)


def _unrolled(value: Any) -> Any:
    """Without Fn::ForEach: [name, values, body] becomes the body for each value."""
    if isinstance(value, list):
        return [_unrolled(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    plain: dict[str, Any] = {}
    for key, entry in value.items():
        if key.startswith("Fn::ForEach::"):
            name, choices, body = entry
            for choice in choices:
                plain |= _unrolled(_replaced(body, name, choice))
        else:
            plain[key] = _unrolled(entry)
    return plain


def _replaced(value: Any, name: str, choice: str) -> Any:
    if value == {"Ref": name}:
        return choice
    if isinstance(value, dict):
        return {key.replace(f"${{{name}}}", choice): _replaced(entry, name, choice) for key, entry in value.items()}
    if isinstance(value, list):
        return [_replaced(entry, name, choice) for entry in value]
    return value.replace(f"${{{name}}}", choice) if isinstance(value, str) else value


@cache
def template() -> dict[str, Any]:
    """The whole template."""
    text = (ROOT / "template.yaml").read_text()
    document: dict[str, Any] = _unrolled(yaml.load(text, Loader=_Loader))  # noqa: S506 - a SafeLoader
    return document


def resources(resource_type: str = "") -> dict[str, dict[str, Any]]:
    """Resources by logical name; of one type, or all."""
    found: dict[str, dict[str, Any]] = template()["Resources"]
    return {name: entry for name, entry in found.items() if resource_type in ("", entry["Type"])}


def properties(name: str) -> dict[str, Any]:
    """What one resource is."""
    found: dict[str, Any] = template()["Resources"][name]["Properties"]
    return found


def text(value: Any) -> str:
    """A value as one text: `${Queue}`, `${Queue.Arn}`, or what a Sub says."""
    match value:
        case {"Ref": name}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"${{{name}.{attribute}}}"
        case {"Fn::Sub": [str(pattern), dict(names)]}:
            for name, entry in names.items():
                pattern = pattern.replace(f"${{{name}}}", text(entry))
            return pattern
        case {"Fn::Sub": pattern}:
            return str(pattern)
        case {"Fn::Join": [_, {"Ref": name}]}:
            return f"${{{name}}}"
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def texts(value: Any) -> list[str]:
    """A value or a list of them; both sides of an If."""
    match value:
        case {"Fn::If": [_, one, other]}:
            return [*texts(one), *texts(other)]
        case list():
            return [found for entry in value for found in texts(entry)]
    return [text(value)]


def queue_policies() -> Iterator[tuple[list[str], list[dict[str, Any]]]]:
    """(queues, statements) of each queue policy as it is on AWS, which is where the stage is not local."""
    for entry in resources("AWS::SQS::QueuePolicy").values():
        assert entry.get("Condition", "IsDeployed") == "IsDeployed"
        found = entry["Properties"]
        statements = [_deployed(statement) for statement in found["PolicyDocument"]["Statement"]]
        yield [name[2:-1] for name in texts(found["Queues"])], statements


def _deployed(value: Any) -> Any:
    match value:
        case {"Fn::If": ["IsLocal", _, deployed]}:
            return deployed
    return value


@dataclass(frozen=True, slots=True)
class Permission:
    """One action that a role may take on one resource."""

    role: str
    action: str
    resource: str


def permissions() -> Iterator[Permission]:
    """Everything that the roles of the stack may do."""
    for role, entry in resources("AWS::IAM::Role").items():
        for policy in entry["Properties"]["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                assert statement["Effect"] == "Allow"
                for action in texts(statement["Action"]):
                    for resource in texts(statement["Resource"]):
                        yield Permission(role.removesuffix("Role"), action, resource)


def who_may(action: str, resource: str) -> set[str]:
    """The functions that may take an action on a resource; both are regular expressions for the whole text."""
    return {
        found.role
        for found in permissions()
        if re.fullmatch(action, found.action) and re.fullmatch(resource, found.resource)
    }


def environment(function: str) -> dict[str, str]:
    """A function's own variables and those that all have."""
    common = template()["Globals"]["Function"]["Environment"]["Variables"]
    own = properties(function)["Environment"]["Variables"]
    return {name: text(value) for name, value in (common | own).items()}


def consumers() -> dict[str, tuple[str, dict[str, Any]]]:
    """Queue → the function that works on it, and its mapping's properties."""
    return {
        text(mapping["Properties"]["Queue"])[2:-5]: (function, mapping["Properties"])
        for function, entry in resources(FUNCTION).items()
        for mapping in entry["Properties"].get("Events", {}).values()
        if mapping["Type"] == "SQS"
    }
