"""Say what each answer of an API means for the job, and each answer of the address that gives tokens."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from whenthen.domain.common.answers import Next, Row

GONE = 410
REFUSED = 401

_LATER, _NOT_NOW, _STOP, _NEVER, _LOST = (
    Row(each) for each in (Next.LATER, Next.NOT_NOW, Next.STOP, Next.NEVER, Next.LOST)
)

ANSWERS: Mapping[int, Row] = {
    401: _STOP,
    407: _STOP,
    408: _LATER,
    421: _LATER,
    423: _LATER,
    425: _LATER,
    429: _NOT_NOW,
    501: _NEVER,
    503: _LATER,
    505: _NEVER,
}
"""Status → what happens next, whether or not the call may be repeated. Any other of 3xx and 4xx is refused."""

ANSWERS_TO_REPEATABLE: Mapping[int, Row] = {409: Row(Next.LATER, attempts=5)}
"""Further statuses of a call under a key that the API knows: 409 says that the first call with it is not over yet."""

IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE"})
"""Methods that have the same effect however often they are called (RFC 9110, 9.2.2)."""


def is_expected(status: int, expect: Collection[int]) -> bool:
    """Tell whether the status is one that the step expects: by default any of 2xx."""
    return status in expect if expect else 200 <= status < 300


def row_of(status: int, *, not_now: bool, repeatable: bool, keyed: bool) -> Row:
    """Return what happens after a status that was not expected.

    not_now     whether the API says that it was asked too much at once, or is away for a while
    repeatable  whether the call may be repeated; if not, an error of the API may have come after the effect
    keyed       whether the API ignores a repetition under the same key
    """
    if not_now:
        return _NOT_NOW
    if keyed and status in ANSWERS_TO_REPEATABLE:
        return ANSWERS_TO_REPEATABLE[status]
    if status in ANSWERS:
        return ANSWERS[status]
    if status < 500:
        return _NEVER
    return _LATER if repeatable else _LOST


TOKEN_ERRORS: frozenset[str] = frozenset(
    {"invalid_request", "invalid_client", "invalid_grant", "invalid_scope", "unauthorized_client"}
    | {"unsupported_grant_type"}
)
"""Errors of RFC 6749, 5.2: each is a fault of the connection, and none passes by itself."""


def token_row(status: int, error: str, *, not_now: bool) -> Row:
    """Return what happens after the address of tokens gave none. Nothing was done yet, so nothing is lost."""
    if not_now:
        return _NOT_NOW
    if error in TOKEN_ERRORS:
        return _STOP
    passing = status >= 500 or ANSWERS.get(status, _STOP).next is Next.LATER
    return _LATER if passing else _STOP
