"""WhatsApp messages: to whom they go, and what a template or a text may hold."""

from __future__ import annotations

from typing import Any

import pytest

from tests.channels.performing import performed
from tests.codes import at
from tests.usecases.fakes.world import World
from whenthen.channels.whatsapp.messages import EMPTY_VALUE, TEXT_LENGTH
from whenthen.domain.common.reasons import Reason
from whenthen.domain.runs.run import JobStatus
from whenthen.usecases.records.reason_codes import NO_PHONE


@pytest.mark.parametrize(
    ("fields", "parameters", "recipient"),
    [
        ({"phone": "+905321234567"}, {}, {"to": "905321234567"}),
        ({"phone": "+905321234567"}, {"to": "0533 765 43 21"}, {"to": "905337654321"}),
        ({}, {"to": "{{ event.data.phone }}"}, {"to": "905320000000"}),
        ({}, {}, {"to": "905320000000"}),
    ],
)
def test_a_whatsapp_message_goes_to(
    world: World, fields: dict[str, Any], parameters: dict[str, Any], recipient: dict[str, str]
) -> None:
    world.has_record("lead:1", **fields)
    job = performed(world, "send_whatsapp", text="Hello", reply_to="wamid.1", **parameters)
    ((message, key),) = world.graph.sent
    assert key == job.callback
    assert message == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **recipient,
        "type": "text",
        "text": {"preview_url": False, "body": "Hello"},
        "context": {"message_id": "wamid.1"},
    }


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("Ayşe\nYılmaz", "Ayşe Yılmaz"),
        ("Ayşe\r\n\tYılmaz ", "Ayşe Yılmaz"),
        ("a     b", "a b"),
        ("a\u00a0\u2003\u2028b", "a b"),
        ("a\x00\x1fb\x85", "a b"),
        (True, "yes"),
        (["a", "b\nc"], "a, b c"),
        (12.50, "12.5"),
        ("\u202aשלום\u202c", "\u202aשלום\u202c"),
    ],
)
def test_a_whatsapp_template_s_values_are_one_line_each(world: World, name: Any, sent: str) -> None:
    world.has_record("lead:1", phone="+905321234567", name=name)
    job = performed(world, "send_whatsapp", template="welcome", parameters=["x", "{{ record.name }}"])
    assert job.status is JobStatus.DONE
    ((message, _),) = world.graph.sent
    assert [value["text"] for value in message["template"]["components"][0]["parameters"]] == ["x", sent]


@pytest.mark.parametrize("name", [None, "", " ", "\n\t", "\u200b", "\u00a0", "\x07", [], [None], "\u2060 \ufeff"])
def test_an_empty_value_of_a_whatsapp_template_is_refused_before_it_is_claimed(world: World, name: Any) -> None:
    world.has_record("lead:1", phone="+905321234567", name=name)
    job = performed(world, "send_whatsapp", template="welcome", parameters=["x", "{{ record.name }}"])
    assert (job.status, job.attempt, world.graph.sent) == (JobStatus.FAILED, 0, [])
    assert job.reason == at("with.parameters[1]", EMPTY_VALUE(place=2))


def test_a_whatsapp_template_has_its_parameters_in_order(world: World) -> None:
    job = performed(
        world, "send_whatsapp", template="welcome", language="tr", parameters=["{{ record.first_name }}", "2"]
    )
    ((message, _),) = world.graph.sent
    assert message["template"] == {
        "name": "welcome",
        "language": {"code": "tr"},
        "components": [
            {"type": "body", "parameters": [{"type": "text", "text": "Ayşe"}, {"type": "text", "text": "2"}]}
        ],
    }
    assert dict(job.result) == {"message_id": "wamid.1"}


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"text": "{{ record.missing }}"}, at("with.text", TEXT_LENGTH(most=4096, found=0))),
        ({"text": "x" * 4097}, at("with.text", TEXT_LENGTH(most=4096, found=4097))),
        ({"text": "x", "to": "twelve"}, at("with.to", NO_PHONE(value="twelve"))),
    ],
)
def test_an_invalid_whatsapp_message_is_not_sent(world: World, parameters: dict[str, Any], reason: Reason) -> None:
    job = performed(world, "send_whatsapp", **parameters)
    assert (job.status, world.graph.sent) == (JobStatus.FAILED, [])
    assert job.reason == reason
