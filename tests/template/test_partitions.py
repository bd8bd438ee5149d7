"""The stack stands in any partition: no ARN names one, in the template, its state machines, or the code."""

from __future__ import annotations

import re

import pytest

from tests.template.reading import ROOT

DEPLOYED = [
    ROOT / "template.yaml",
    *sorted((ROOT / "statemachines").glob("*.json")),
    *sorted((ROOT / "functions").rglob("*.py")),
    *sorted((ROOT / "layers/whenthen/whenthen").rglob("*.py")),
]


@pytest.mark.parametrize("kind", ["template.yaml", "asl.json", ".py"])
def test_no_arn_that_is_deployed_names_a_partition(kind: str) -> None:
    files = [file for file in DEPLOYED if file.name.endswith(kind)]
    assert files
    named = {str(file.relative_to(ROOT)): re.findall(r"arn:aws[a-z-]*:", file.read_text()) for file in files}
    assert not {file: found for file, found in named.items() if found}
