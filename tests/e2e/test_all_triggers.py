"""All 63 triggers of the checklist (T01–T63) on the deployed stack: each by its real entrance, each with one run.

The table stands in `tests/e2e/triggers`. Everything is brought about at once and looked at afterwards: the rules
are made, each case's event comes by its entrance, and then once more, as its sender would repeat it.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dev.stack import Stack
from tests.e2e.triggers.cases import Case
from tests.e2e.triggers.conversation_rows import CONVERSATION_ROWS
from tests.e2e.triggers.customer_rows import CUSTOMER_ROWS
from tests.e2e.triggers.flow_rows import FLOW_ROWS
from tests.e2e.triggers.running import Attempt, go_through, names_of
from tests.e2e.triggers.work_rows import WORK_ROWS
from tests.tables import ROW

CASES = (*CUSTOMER_ROWS, *CONVERSATION_ROWS, *WORK_ROWS, *FLOW_ROWS)
NAMES = names_of(CASES)


@pytest.fixture(scope="module")
def attempts(stack: Stack) -> dict[str, Attempt]:
    return go_through(stack, CASES)


@pytest.mark.parametrize(("name", "case"), list(zip(NAMES, CASES, strict=True)), ids=NAMES)
def test_each_row_fires_one_run(
    name: str, case: Case, record_property: Callable[[str, object], None], request: pytest.FixtureRequest
) -> None:
    record_property(ROW, ["Triggers of the checklist", name, case.what, case.entrance.said])
    attempt: Attempt = request.getfixturevalue("attempts")[name]
    if attempt.error is not None:
        raise attempt.error
    assert [(run["event"]["type"], run["status"]) for run in attempt.runs] == [(case.expected(), "done")]
    assert attempt.effects == 1
    about = case.entrance.about(attempt.own)
    assert about in (None, attempt.runs[0]["record"])
    assert attempt.proven


def test_the_table_has_every_row_of_the_checklist() -> None:
    rows = {f"T{number:02}" for number in range(1, 64)} | {"T01a", "T01b", "T01c", "T01d"}
    assert {case.row for case in CASES} == rows
