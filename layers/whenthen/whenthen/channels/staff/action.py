"""Describe the action of the channel for colleagues."""

from __future__ import annotations

from whenthen.channels.staff.linting import lint
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.rules.actions import Action, Parameter, ParameterKind

CHANNEL = "staff"

NOTICE, EMAIL, SLACK, TEAMS = "notice", "email", "slack", "teams"
WAYS = (NOTICE, EMAIL, SLACK, TEAMS)

ACTIONS = (
    Action(
        "notify",
        CHANNEL,
        ReasonCode("action.notify")(),
        "Tell colleagues something, each of them once.",
        (
            Parameter(
                "to",
                "Who is told: `owner`, `owner.manager`, `participants`, `field:<name>`, or references (`agent:…`, "
                "`team:…`, `department:…`). Customers among them are left out.",
                ParameterKind.SET,
                required=True,
            ),
            Parameter("text", "The text.", required=True),
            Parameter("title", "A title, on one line."),
            Parameter("link", "The address of a page to open; values are encoded.", ParameterKind.URL),
            Parameter(
                "open_host",
                "Let values choose the scheme, host and port of the link.",
                ParameterKind.FLAG,
                templated=False,
            ),
            Parameter(
                "via",
                "By which ways: `notice`, which GET /v1/notices lists, `email`, and rooms of `slack` and `teams`.",
                ParameterKind.CHOICES,
                templated=False,
                options=WAYS,
            ),
            Parameter(
                "room",
                "Names the secret with the addresses of the rooms; by default `default`.",
                templated=False,
            ),
        ),
        shown=("text",),
        lints=lint,
        example={"to": "owner", "text": "{{ record.first_name }} asks for an offer.", "via": ["notice"]},
    ),
)
