"""Answers of APIs: every status has a row, and none that may have had an effect is repeated without a promise."""

from __future__ import annotations

import pytest

from whenthen.domain.common.answers import Next
from whenthen.domain.connections.answers import is_expected, row_of, token_row


@pytest.mark.parametrize("status", range(100, 600))
def test_every_status_that_is_not_expected_leads_somewhere(status: int) -> None:
    found = {row_of(status, not_now=False, repeatable=each, keyed=each).next for each in (False, True)}
    assert found <= set(Next)
    assert Next.LOST not in {row_of(status, not_now=False, repeatable=True, keyed=True).next}
    assert is_expected(status, ()) is (200 <= status < 300)


@pytest.mark.parametrize(
    ("status", "error", "follows"),
    [
        (400, "invalid_client", Next.STOP),
        (500, "", Next.LATER),
        (503, "invalid_scope", Next.STOP),
        (418, "", Next.STOP),
    ],
)
def test_a_fault_of_the_connection_does_not_pass_by_itself(status: int, error: str, follows: Next) -> None:
    assert token_row(status, error, not_now=False).next is follows
    assert token_row(status, error, not_now=True).next is Next.NOT_NOW
