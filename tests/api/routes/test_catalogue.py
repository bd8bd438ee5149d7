"""/v1/catalogue and its schemas through the handler."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from dev.paths import ROOT
from tests.functions.api import RULE, Api
from whenthen.domain.schemas.capabilities import reference


def test_the_catalogue_lists_all_that_a_rule_can_be_made_of(api: Api) -> None:
    assert api.get("/v1/catalogue") == json.loads(json.dumps(reference()))


@pytest.mark.parametrize("name", ["rule", "view", "template", "source"])
def test_a_schema_is_the_committed_one(api: Api, name: str) -> None:
    assert api.get(f"/v1/catalogue/schemas/{name}") == json.loads((ROOT / "docs" / f"{name}.schema.json").read_text())


def test_the_schema_of_a_rule_takes_a_rule_and_names_what_is_wrong_with_another(api: Api) -> None:
    validator = Draft202012Validator(api.get("/v1/catalogue/schemas/rule"))
    assert list(validator.iter_errors(dict(RULE))) == []
    [error] = validator.iter_errors({**RULE, "mode": "loud"})
    assert error.json_path == "$.mode"


@pytest.mark.parametrize("name", ["colour", "Rule", "rule.json"])
def test_a_schema_that_is_not_there_is_refused_with_those_that_are(api: Api, name: str) -> None:
    answer = api.call("GET", f"/v1/catalogue/schemas/{name}")
    assert (answer.status, answer.document["code"]) == (404, "schema.not_found")
    assert answer.document["params"] == {"name": name, "known": ["rule", "view", "template", "source"]}
