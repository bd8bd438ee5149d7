"""Numbers and promises of the guide to calls of APIs."""

from __future__ import annotations

from tests.docs.claims.row import Bound, Held
from whenthen.adapters.http import client
from whenthen.channels.api import action, answers, requests
from whenthen.channels.chat import effect as chat
from whenthen.domain.common import backoff
from whenthen.domain.connections import connection
from whenthen.domain.sending import retry_after
from whenthen.domain.steps import retries
from whenthen.ports import outgoing
from whenthen.usecases.connections import tokens, try_connection

PAGE = "guides/calling-apis.md"
HOUR = 3_600

assert client.TOTAL_SECONDS == connection.MAX_SECONDS

BOUNDS = (
    Bound("guides/chats.md", "a message has at most § bytes", (chat.MAX_BODY,)),
    Bound(PAGE, "seconds of one call, at most §", (connection.MAX_SECONDS,)),
    Bound(PAGE, "kept until § seconds before its end", (tokens.BEFORE_END.seconds,)),
    Bound(PAGE, "or for § minutes if its giver does not say", (tokens.UNTOLD.seconds // 60,)),
    Bound(PAGE, "The first § characters of", (try_connection.MAX_SHOWN,)),
    Bound(
        PAGE,
        "Limits: § bytes of a body, § bytes of an answer that is saved from, § bytes of values",
        (requests.MAX_BODY, outgoing.MAX_ANSWER, answers.MAX_SAVED),
    ),
    Bound(
        PAGE,
        "(seconds or an HTTP date, at most § hours), for up to § hours",
        (retry_after.LONGEST_HOURS, backoff.GIVE_UP_AFTER.total_seconds() / HOUR),
    ),
    Bound(
        PAGE,
        "after § seconds, §, § and so on",
        tuple(action.RETRIES.first * action.RETRIES.growth**times for times in range(3)),
    ),
    Bound(PAGE, "up to § hours, for up to § hours; the step's", (action.RETRIES.longest / HOUR, retries.LONGEST_HOURS)),
)

_MANAGING = "usecases/connections/test_manage_connections.py::"
_ANSWERS = "channels/api/test_answers.py::"

TESTED = (
    Held(PAGE, "It never changes", f"{_MANAGING}test_a_change_of_another_version_and_of_the_name_is_refused"),
    Held(
        PAGE,
        "Secrets are given once, and never shown",
        f"{_MANAGING}test_nothing_that_is_stored_or_shown_holds_a_secret",
    ),
    Held(
        PAGE,
        "the body, at most one of them",
        "domain/connections/test_parameters.py::test_what_does_not_hold_is_named_when_the_rule_is_saved",
    ),
    Held(
        PAGE,
        "the statuses that mean success; by default 200 to 299",
        f"{_ANSWERS}test_the_statuses_that_a_step_expects_are_success",
    ),
    Held(
        PAGE,
        "a JMESPath expression that must hold too, for APIs that answer 200 to what failed",
        f"{_ANSWERS}test_an_api_that_answers_200_to_what_failed_is_recognised",
    ),
    Held(PAGE, "408, 421, 423, 425, 503, or a host", "channels/test_provider_answers.py::test_what_happens_next"),
    Held(PAGE, "401, 407, or no access token", "channels/test_provider_answers.py::test_what_happens_next"),
)
