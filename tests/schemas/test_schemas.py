"""The schemas of rules, views and sources: valid, complete, described, and the ones that are committed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import whenthen
from dev.paths import ROOT
from dev.schemas import path_of, text_of
from tests.e2e.triggers.conversation_rows import CONVERSATION_ROWS
from tests.e2e.triggers.customer_rows import CUSTOMER_ROWS
from tests.e2e.triggers.flow_rows import FLOW_ROWS
from tests.e2e.triggers.work_rows import WORK_ROWS
from tests.schemas.corpus import found_rules
from tests.schemas.frames import RULE, SCHEMAS, STEP
from tests.schemas.validating import Validator
from whenthen.domain.conditions.operators import OPERATORS
from whenthen.domain.rules.actions import actions
from whenthen.domain.rules.triggers import TRIGGERS
from whenthen.domain.schemas import operands, triggers
from whenthen.domain.schemas.openapi import components
from whenthen.sources.signing.schemes import DESCRIPTIONS, SETTINGS

RULES = Validator(SCHEMAS["rule"])
CASES = (*CONVERSATION_ROWS, *CUSTOMER_ROWS, *FLOW_ROWS, *WORK_ROWS)
ANY = {"field": "event.id", "op": "exists"}
DEFINITIONS = [(kind, name) for kind, schema in SCHEMAS.items() for name in schema["$defs"]]


def _definition(kind: str, name: str) -> Any:
    return SCHEMAS[kind]["$defs"][name]


def _parts(schema: Any) -> Iterator[dict[str, Any]]:
    """Every object within a schema."""
    if isinstance(schema, dict):
        yield schema
    for item in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from _parts(item)


@pytest.mark.parametrize("kind", SCHEMAS)
def test_the_committed_schema_is_the_generated_one(kind: str) -> None:
    assert path_of(kind).read_text(encoding="utf-8") == text_of(kind), "run: python -m dev.schemas"


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_schema_is_one_of_draft_2020_12(kind: str) -> None:
    Validator.check_schema(SCHEMAS[kind])
    assert SCHEMAS[kind]["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize(("kind", "name"), DEFINITIONS)
def test_a_definition_is_named_and_described_and_its_examples_fit(kind: str, name: str) -> None:
    definition = _definition(kind, name)
    assert definition["title"] == name
    assert name[0].isupper()
    assert name.isalnum()
    assert definition["description"]
    validator = Validator({**SCHEMAS[kind], "$ref": f"#/$defs/{name}"})
    for example in definition.get("examples", ()):
        assert not [error.message for error in validator.iter_errors(example)]


@pytest.mark.parametrize(("kind", "name"), DEFINITIONS)
def test_each_member_is_described_and_its_default_and_examples_fit(kind: str, name: str) -> None:
    for member, schema in _definition(kind, name).get("properties", {}).items():
        assert schema.get("description") or "$ref" in schema, member
        validator = Validator({**schema, "$defs": SCHEMAS[kind]["$defs"]})
        for value in [*schema.get("examples", ()), *([schema["default"]] if "default" in schema else [])]:
            assert validator.is_valid(value), (member, value)


@pytest.mark.parametrize("kind", SCHEMAS)
def test_an_object_refuses_members_that_it_does_not_know(kind: str) -> None:
    for part in _parts(SCHEMAS[kind]["$defs"]):
        if part.get("type") == "object" and "title" in part and "properties" in part:
            assert part["additionalProperties"] is False


@pytest.mark.parametrize("kind", SCHEMAS)
def test_members_never_stand_beside_a_union(kind: str) -> None:
    """Generators of clients make a union of such a schema, and lose its members."""
    for definition in SCHEMAS[kind]["$defs"].values():
        assert not ("properties" in definition and {"anyOf", "oneOf"} & definition.keys())
        assert all("if" in part for part in definition.get("allOf", ())), "they would merge it with the members"


def test_openapi_keeps_every_definition_once() -> None:
    found = components(*SCHEMAS.values())
    assert found.keys() == {name for schema in SCHEMAS.values() for name in schema["$defs"]}
    targets = {part["$ref"] for part in _parts(found) if "$ref" in part}
    assert {target.removeprefix("#/components/schemas/") for target in targets} <= found.keys()
    with pytest.raises(ValueError, match="Kind is defined twice"):
        components(SCHEMAS["view"], {"$defs": {"Kind": {"type": "string"}}})


def test_every_trigger_operator_action_and_scheme_has_its_definition() -> None:
    assert triggers.MEMBERS.keys() == TRIGGERS.keys()
    assert operands.TAKES.keys() == {row.takes for row in OPERATORS.values()}
    assert _definition("rule", "Operator")["enum"] == list(OPERATORS)
    steps = [option["$ref"].rpartition("/")[2] for option in _definition("rule", "Step")["oneOf"]]
    assert [_definition("rule", step)["properties"]["action"]["const"] for step in steps] == list(actions())
    settings = {name for row in SETTINGS.values() for name in row}
    assert DESCRIPTIONS.keys() == SETTINGS.keys() | settings


@pytest.mark.parametrize("action", actions())
def test_the_example_of_an_action_is_a_step(action: str) -> None:
    step = {"id": "a", "action": action, "with": dict(actions()[action].example)}
    assert actions()[action].example
    assert RULES.is_valid({**RULE, "steps": [step]})


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_the_example_of_a_trigger_is_a_trigger(trigger: str) -> None:
    rule = {"name": "a", "trigger": dict(TRIGGERS[trigger].example), "steps": [STEP]}  # type: ignore[index]
    assert RULES.is_valid(rule)


@pytest.mark.parametrize(
    ("operator", "value"),
    [("equals", ["a"]), ("in", "a"), ("contains", 1), (">", "a"), ("between", [1]), ("exists", "yes"),
     ("before", 5), ("within_last", "3 days"), ("matches", "*" * 17), ("changed_to", {})],
)  # fmt: skip
def test_the_shape_of_a_value_depends_on_its_operator(operator: str, value: Any) -> None:
    assert not RULES.is_valid({**RULE, "conditions": {"field": "record.a", "op": operator, "value": value}})


@pytest.mark.parametrize("field", ["record", "contact.name", "record.", "now.century", "related.owner", "history.call"])
def test_a_field_begins_with_a_known_root(field: str) -> None:
    assert not RULES.is_valid({**RULE, "conditions": {"field": field, "op": "exists"}})


@pytest.mark.parametrize("page", ["README.md", "dev/demo/rules/", "docs/guides/"])
def test_the_rules_of_the_readme_the_demo_and_the_docs_fit(page: str) -> None:
    rules = {place: rule for place, rule in found_rules().items() if place.startswith(page)}
    assert rules
    assert [place for place, rule in rules.items() if not RULES.is_valid(rule)] == []


def test_the_triggers_of_the_end_to_end_table_fit() -> None:
    fixed = [(case, case.trigger) for case in CASES if isinstance(case.trigger, Mapping)]
    assert fixed
    for case, trigger in fixed:
        rule = {**RULE, "kind": case.kind, "trigger": dict(trigger), "conditions": {"all": [*case.also, ANY]}}
        assert RULES.is_valid(rule), case.what


def test_no_function_that_matches_loads_the_schemas() -> None:
    code = "import sys; from whenthen.domain.matching import rule_set; from whenthen.domain.rules import rule; "
    code += "from whenthen.sources.webhook import delivery; "
    code += "print(*[name for name in sys.modules if 'schema' in name and 'msgspec' not in name])"
    layer = str(Path(whenthen.__file__).parent.parent)
    ran = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": layer}, capture_output=True, check=True)  # noqa: S603
    assert ran.stdout.split() == []


def test_the_layer_names_no_validator() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "layers" / "whenthen").rglob("*.py")]
    assert not [source for source in sources if "import jsonschema" in source or "from jsonschema" in source]
