"""template.yaml as data: short tags as functions, loops unrolled, rows of mappings looked up, values as text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]

FUNCTION = "AWS::Serverless::Function"
QUEUE = "AWS::SQS::Queue"
TABLE = "AWS::DynamoDB::Table"


_Fast: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Fast):
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
                made = _unrolled(_replaced(body, name, choice))
                assert not made.keys() & plain.keys(), f"{key} makes {made.keys() & plain.keys()} a second time"
                plain |= made
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


def _resolved(value: Any, mappings: Mapping[str, Any]) -> Any:
    """Look up rows of mappings, and fill the texts that need nothing else, from the inside out."""
    if isinstance(value, list):
        return [_resolved(entry, mappings) for entry in value]
    if not isinstance(value, dict):
        return value
    value = {key: _resolved(entry, mappings) for key, entry in value.items()}
    match value:
        case {"Fn::FindInMap": [str(table), str(row), str(column)]}:
            return mappings[table][row][column]
        case {"Fn::Select": [1, {"Fn::Split": ["role/", {"Fn::GetAtt": [str(role), "Arn"]}]}]}:
            return {"Ref": role}  # what is at the end of a role's ARN
    return _filled(value)


def _filled(value: dict[str, Any]) -> Any:
    match value:
        case {"Fn::Sub": [str(pattern), dict(names)]}:
            known = {name: entry for name, entry in names.items() if isinstance(entry, str)}
            for name, entry in known.items():
                pattern = pattern.replace(f"${{{name}}}", entry)
            unknown = {name: entry for name, entry in names.items() if name not in known}
            return {"Fn::Sub": [pattern, unknown] if unknown else pattern}
        case {"Fn::Sub": str(pattern)} if "${" not in pattern:
            return pattern
    return value


@cache
def source() -> dict[str, Any]:
    """The whole template as it is written, loops and all."""
    document: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text(), Loader=_Loader)  # noqa: S506 - safe
    return document


@cache
def template() -> dict[str, Any]:
    """The whole template as CloudFormation sees it: without loops and mappings."""
    document: dict[str, Any] = _resolved(_unrolled(source()), source()["Mappings"])
    return document


def resources(resource_type: str = "") -> dict[str, dict[str, Any]]:
    """Resources by logical name; of one type, or all."""
    found: dict[str, dict[str, Any]] = template()["Resources"]
    return {name: entry for name, entry in found.items() if resource_type in ("", entry["Type"])}


def properties(name: str) -> dict[str, Any]:
    """Return one resource."""
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


def policies(role: str) -> Iterator[dict[str, Any]]:
    """Every policy of a role, given without `Role`: its own, those attached to it, those under a condition."""
    for policy in properties(f"{role}Role")["Policies"]:
        yield policy["Fn::If"][1] if "Fn::If" in policy else policy
    for entry in resources("AWS::IAM::Policy").values():
        if {"Ref": f"{role}Role"} in entry["Properties"]["Roles"]:
            yield entry["Properties"]


def statements(role: str) -> list[dict[str, Any]]:
    """Every statement of every policy of a role, given without `Role`, but for those about traces."""
    found = [policy for policy in policies(role) if policy["PolicyName"] != "tracing"]
    return [statement for policy in found for statement in policy["PolicyDocument"]["Statement"]]


def statements_on(role: str, resource: str) -> list[dict[str, Any]]:
    """Return the statements of a role that name one resource, such as `${ConfigTable.Arn}`."""
    return [statement for statement in statements(role) if resource in texts(statement["Resource"])]


@dataclass(frozen=True, slots=True)
class Permission:
    """An action that a role may take on one resource."""

    role: str
    action: str
    resource: str


def permissions() -> Iterator[Permission]:
    """Everything that the roles of the stack may do."""
    for role in (name.removesuffix("Role") for name in resources("AWS::IAM::Role")):
        for statement in statements(role):
            assert statement["Effect"] == "Allow"
            for action in texts(statement["Action"]):
                for resource in texts(statement["Resource"]):
                    yield Permission(role, action, resource)


def who_may(action: str, resource: str) -> set[str]:
    """The functions that may take an action on a resource; both are regular expressions for the whole text."""
    return {
        found.role
        for found in permissions()
        if re.fullmatch(action, found.action) and re.fullmatch(resource, found.resource)
    }


def at_capacity(value: Any, capacity: str) -> Any:
    """A value as it is with one choice of the parameter Capacity; `custom` leaves the names of parameters."""
    match value:
        case {"Fn::If": [str(condition), one, other]} if condition.startswith("Is"):
            return at_capacity(one if condition == f"Is{capacity.capitalize()}" else other, capacity)
    return value


def default_of(value: Any) -> Any:
    """A value, or the default of the parameter that it refers to."""
    return template()["Parameters"][value["Ref"]]["Default"] if isinstance(value, dict) and "Ref" in value else value


def largest(value: Any) -> Any:
    """A value, or the largest that the parameter takes to which it refers."""
    return template()["Parameters"][value["Ref"]]["MaxValue"] if isinstance(value, dict) and "Ref" in value else value


def environment(function: str) -> dict[str, str]:
    """A function's own variables and those that all have."""
    common = template()["Globals"]["Function"]["Environment"]["Variables"]
    own = properties(function)["Environment"]["Variables"]
    return {name: text(value) for name, value in (common | own).items()}


def consumers() -> dict[str, tuple[str, dict[str, Any]]]:
    """Queue → the function that works on it, and its mapping's properties."""
    found = [entry["Properties"] for entry in resources("AWS::Lambda::EventSourceMapping").values()]
    return {text(mapping["EventSourceArn"])[2:-5]: (text(mapping["FunctionName"])[2:-5], mapping) for mapping in found}
