"""When a refusal ends a run: if the run would do nothing else than write to that person on that channel."""

from __future__ import annotations

from typing import Any

import pytest

from whenthen.domain.exits.opt_outs import OPTED_OUT, opted_out
from whenthen.domain.rules.rule import Rule, parse_rule

CHAT: dict[str, Any] = {"action": "send_whatsapp", "with": {"text": "Hello"}}
MAIL: dict[str, Any] = {"action": "send_email", "with": {"subject": "Hello", "text": "Hello"}}
TAG: dict[str, Any] = {"action": "add_tags", "with": {"tags": ["x"]}}
NO_CHAT, NO_MAIL, NOTHING = {"whatsapp": False}, {"email": False}, {"all": False}


def rule(*steps: dict[str, Any]) -> Rule:
    numbered = [{"id": f"s{place}", **step} for place, step in enumerate(steps)]
    return parse_rule({"name": "it", "kind": "lead", "trigger": {"event": "lead.created"}, "steps": numbered})


def to(step: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**step, "with": {**step["with"], **more}}


@pytest.mark.parametrize(
    ("steps", "consent", "channel"),
    [
        ([TAG, CHAT], NO_CHAT, "whatsapp"),
        ([TAG, CHAT, {**CHAT, "wait": {"days": 3}}], NO_CHAT, "whatsapp"),
        ([TAG, MAIL, CHAT], NOTHING, "email"),
        ([TAG, MAIL, CHAT], {**NO_CHAT, **NO_MAIL}, "email"),
        ([TAG, MAIL, {**MAIL, "start": "with_previous"}], NO_MAIL, "email"),
        ([TAG, to(CHAT, to="{{ record.phone }}")], NO_CHAT, "whatsapp"),
        ([TAG, to(MAIL, to=" {{record.email}} ")], NO_MAIL, "email"),
        ([CHAT, TAG], NO_CHAT, ""),  # the tag is still to be set
        ([TAG, CHAT, {**TAG, "wait": {"days": 3}}], NO_CHAT, ""),
        ([TAG, MAIL, CHAT], NO_CHAT, ""),  # the mail may go
        ([TAG, CHAT], NO_MAIL, ""),
        ([TAG, CHAT], {"all": False, "whatsapp": True}, ""),
        ([TAG, CHAT], {}, ""),
        ([TAG, CHAT], None, ""),
        ([TAG, to(CHAT, purpose="service")], NO_CHAT, ""),
        ([TAG, CHAT, to(CHAT, purpose="service")], NO_CHAT, ""),
        ([TAG, to(CHAT, to="+905321112233")], NO_CHAT, ""),  # a colleague
        ([TAG, to(CHAT, to="{{ record.agent_phone }}")], NO_CHAT, ""),
        ([TAG, to(MAIL, to=["{{ record.email }}"])], NO_MAIL, "email"),
        ([TAG, to(MAIL, to="record")], NO_MAIL, "email"),
        ([TAG, to(MAIL, to=["record", "{{ record.email }}"])], NO_MAIL, "email"),
        ([TAG, to(MAIL, to="owner")], NO_MAIL, ""),
        ([TAG, to(MAIL, to=["{{ record.email }}", "{{ record.phone }}"])], NO_MAIL, "email"),
        ([TAG, to(MAIL, to=["{{ record.email }}", "sales@shop.example"])], NO_MAIL, ""),
        ([TAG, to(MAIL, cc="sales@shop.example")], NO_MAIL, ""),  # the colleague has asked for nothing
        ([TAG, to(MAIL, bcc=["owner"])], NO_MAIL, ""),
        ([TAG, to(MAIL, to="{{ record.email }}, sales@shop.example")], NO_MAIL, ""),
    ],
)
def test_the_rest_of_a_run(steps: list[dict[str, Any]], consent: Any, channel: str) -> None:
    record = {"status": "new", "consent": consent}
    assert opted_out(rule(*steps), 1, {"record": record}) == (OPTED_OUT(channel=channel) if channel else None)


def test_a_run_about_no_record_knows_of_no_refusal() -> None:
    assert opted_out(rule(TAG, CHAT), 1, {"record": None}) is None
