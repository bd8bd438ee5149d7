"""The content of WhatsApp messages: Meta's own shapes go out as they were written, and its bounds hold before."""

from __future__ import annotations

from typing import Any

import pytest

from tests.channels.performing import performed
from tests.codes import at
from tests.usecases.fakes.world import World
from whenthen.channels.whatsapp.bounds import COUNT, NAMED_IN_PART, SAME_ID, TOO_MANY_TOGETHER
from whenthen.channels.whatsapp.messages import EMPTY_VALUE, NO_ADDRESS
from whenthen.domain.common.reason_codes import (
    MATTERS_ONLY_TO,
    NOT_EXACTLY_ONE,
    NOT_LIST,
    NOT_OBJECT,
    REQUIRED,
    TEXT_TOO_LONG,
    UNKNOWN_VALUE,
)
from whenthen.domain.common.reasons import Reason
from whenthen.domain.runs.run import JobStatus


def reply(identity: str, title: str = "Yes") -> dict[str, Any]:
    return {"type": "reply", "reply": {"id": identity, "title": title}}


def buttons(*given: Any, **more: Any) -> dict[str, Any]:
    return {"type": "button", "body": {"text": "Shall we call?"}, "action": {"buttons": list(given)}, **more}


def rows(*counts: int) -> dict[str, Any]:
    sections = [
        {"title": f"S{place}", "rows": [{"id": f"{place}-{number}", "title": "T"} for number in range(count)]}
        for place, count in enumerate(counts)
    ]
    return {"type": "list", "body": {"text": "Choose"}, "action": {"button": "Open", "sections": sections}}


def row(**fields: str) -> dict[str, Any]:
    one = {"rows": [{"id": "1", "title": "T", **fields}]}
    return {"type": "list", "body": {"text": "Choose"}, "action": {"button": "Open", "sections": [one]}}


LINK = {
    "type": "cta_url",
    "body": {"text": "Your offer"},
    "action": {"name": "cta_url", "parameters": {"display_text": "Open", "url": "https://example.com/o/1"}},
}
FLOW = {
    "type": "flow",
    "body": {"text": "Book"},
    "action": {"name": "flow", "parameters": {"flow_message_version": "3", "flow_id": "7", "flow_cta": "Book"}},
}


@pytest.mark.parametrize(
    "interactive",
    [
        buttons(reply("yes"), reply("no", "No"), footer={"text": "whenthen"}),
        rows(3, 7),
        LINK,
        FLOW,
        {"type": "location_request_message", "body": {"text": "Where?"}, "action": {"name": "send_location"}},
    ],
    ids=lambda document: document["type"],
)
def test_an_interactive_message_goes_out_as_it_is_written(world: World, interactive: dict[str, Any]) -> None:
    job = performed(world, "send_whatsapp", interactive=interactive)
    assert job.status is JobStatus.DONE
    ((message, _),) = world.graph.sent
    assert (message["type"], message["interactive"]) == ("interactive", interactive)


def test_values_of_the_record_stand_in_an_interactive_message(world: World) -> None:
    world.has_record("lead:1", phone="+905321234567", first_name="Ayşe", offer="o-7")
    given = buttons(reply("{{ record.offer }}"), header={"type": "text", "text": "Hello {{ record.first_name }}"})
    performed(world, "send_whatsapp", interactive=given)
    ((message, _),) = world.graph.sent
    assert message["interactive"]["header"]["text"] == "Hello Ayşe"
    assert message["interactive"]["action"]["buttons"][0]["reply"]["id"] == "o-7"


@pytest.mark.parametrize(
    ("interactive", "reason"),
    [
        ({"body": {"text": "x"}}, at("with.interactive.type", REQUIRED())),
        (buttons(), at("with.interactive.action.buttons", COUNT(least=1, most=3, found=0))),
        (
            buttons(*(reply(str(number)) for number in range(4))),
            at("with.interactive.action.buttons", COUNT(least=1, most=3, found=4)),
        ),
        (
            buttons(reply("a", "x" * 21)),
            at("with.interactive.action.buttons[0].reply.title", TEXT_TOO_LONG(count=20, found=21)),
        ),
        (buttons(reply("", "Yes")), at("with.interactive.action.buttons[0].reply.id", REQUIRED())),
        (
            buttons(reply("a"), reply("a", "No")),
            at("with.interactive.action.buttons[1].reply.id", SAME_ID(value="a")),
        ),
        (buttons(reply("a"), body={}), at("with.interactive.body.text", REQUIRED())),
        (
            buttons(reply("a"), body={"text": "x" * 1025}),
            at("with.interactive.body.text", TEXT_TOO_LONG(count=1024, found=1025)),
        ),
        (
            buttons(reply("a"), header={"type": "text", "text": "x" * 61}),
            at("with.interactive.header.text", TEXT_TOO_LONG(count=60, found=61)),
        ),
        (
            buttons(reply("a"), footer={"text": "x" * 61}),
            at("with.interactive.footer.text", TEXT_TOO_LONG(count=60, found=61)),
        ),
        (
            row(title="x" * 25),
            at("with.interactive.action.sections[0].rows[0].title", TEXT_TOO_LONG(count=24, found=25)),
        ),
        (
            row(description="x" * 73),
            at("with.interactive.action.sections[0].rows[0].description", TEXT_TOO_LONG(count=72, found=73)),
        ),
        (rows(6, 5), at("with.interactive.action.sections", TOO_MANY_TOGETHER(most=10, found=11))),
        (rows(1, 0), at("with.interactive.action.sections[1].rows", COUNT(least=1, most=10, found=0))),
        (
            {**LINK, "action": {"name": "cta_url", "parameters": {"display_text": "x" * 21, "url": "https://x.example"}}},
            at("with.interactive.action.parameters.display_text", TEXT_TOO_LONG(count=20, found=21)),
        ),
    ],
)  # fmt: skip
def test_an_interactive_message_beyond_the_bounds_is_refused_before_it_is_claimed(
    world: World, interactive: dict[str, Any], reason: Reason
) -> None:
    job = performed(world, "send_whatsapp", interactive=interactive)
    assert (job.status, job.attempt, world.graph.sent) == (JobStatus.FAILED, 0, [])
    assert job.reason == reason


@pytest.mark.parametrize(
    ("media", "sent"),
    [
        (
            {"type": "image", "link": "https://example.com/{{ record.name }}.png", "caption": "Hi {{ record.name }}"},
            {"link": "https://example.com/Ada.png", "caption": "Hi Ada"},
        ),
        ({"type": "document", "id": "55", "filename": "offer.pdf"}, {"id": "55", "filename": "offer.pdf"}),
        ({"type": "audio", "link": "https://example.com/a.ogg"}, {"link": "https://example.com/a.ogg"}),
        ({"type": "sticker", "id": "9"}, {"id": "9"}),
        ({"type": "video", "link": "https://example.com/v.mp4"}, {"link": "https://example.com/v.mp4"}),
    ],
)
def test_media_is_sent_by_its_address_or_its_id(world: World, media: dict[str, Any], sent: dict[str, Any]) -> None:
    world.has_record("lead:1", phone="+905321234567", name="Ada")
    performed(world, "send_whatsapp", media=media)
    ((message, _),) = world.graph.sent
    assert (message["type"], message[message["type"]]) == (media["type"], sent)


@pytest.mark.parametrize(
    ("media", "reason"),
    [
        ({"type": "image"}, at("with.media", NOT_EXACTLY_ONE(options=("link", "id")))),
        (
            {"type": "image", "link": "https://e.example/a", "id": "1"},
            at("with.media", NOT_EXACTLY_ONE(options=("link", "id"))),
        ),
        ({"type": "image", "link": "http://e.example/a"}, at("with.media.link", NO_ADDRESS())),
        ({"type": "image", "link": "file:///etc/passwd"}, at("with.media.link", NO_ADDRESS())),
        (
            {"type": "audio", "id": "1", "caption": "x"},
            at("with.media.caption", MATTERS_ONLY_TO(options=("image", "video", "document"))),
        ),
        (
            {"type": "image", "id": "1", "filename": "x.png"},
            at("with.media.filename", MATTERS_ONLY_TO(options=("document",))),
        ),
        (
            {"type": "image", "id": "1", "caption": "x" * 1025},
            at("with.media.caption", TEXT_TOO_LONG(count=1024, found=1025)),
        ),
        (
            {"type": "gif", "id": "1"},
            at(
                "with.media.type",
                UNKNOWN_VALUE(value="gif", options=("image", "video", "audio", "document", "sticker")),
            ),
        ),
    ],
)
def test_media_that_whatsapp_does_not_take_is_refused(world: World, media: dict[str, Any], reason: Reason) -> None:
    job = performed(world, "send_whatsapp", media=media)
    assert (job.status, job.reason, world.graph.sent) == (JobStatus.FAILED, reason, [])


COMPONENTS = [
    {"type": "header", "parameters": [{"type": "document", "document": {"link": "https://e.example/i.pdf"}}]},
    {
        "type": "body",
        "parameters": [
            {"type": "text", "parameter_name": "name", "text": "{{ record.name }}"},
            {"type": "text", "parameter_name": "sum", "text": "5\n000"},
        ],
    },
    {"type": "button", "sub_type": "url", "index": 0, "parameters": [{"type": "text", "text": "{{ record.id }}"}]},
    {"type": "button", "sub_type": "quick_reply", "index": 1, "parameters": [{"type": "payload", "payload": "stop"}]},
]


def test_components_of_a_template_go_out_with_their_values_in_one_line(world: World) -> None:
    world.has_record("lead:1", phone="+905321234567", name="Ada  L.")
    performed(world, "send_whatsapp", template="invoice", language="tr", components=COMPONENTS)
    ((message, _),) = world.graph.sent
    header, body, link, answer = message["template"]["components"]
    assert [value["text"] for value in body["parameters"]] == ["Ada L.", "5 000"]
    assert link["parameters"] == [{"type": "text", "text": "1"}]
    assert (header, answer) == (COMPONENTS[0], COMPONENTS[3])


def body(*parameters: Any) -> list[Any]:
    return [{"type": "body", "parameters": list(parameters)}]


@pytest.mark.parametrize(
    ("components", "reason"),
    [
        ("{{ record.name }}", at("with.components", NOT_LIST())),
        (["x"], at("with.components[0]", NOT_OBJECT())),
        ([{"parameters": []}], at("with.components[0].type", REQUIRED())),
        (
            body({"type": "text", "text": "{{ record.missing }}"}),
            at("with.components[0].parameters[0].text", EMPTY_VALUE(place=1)),
        ),
        (
            body({"type": "text", "text": "a", "parameter_name": "a"}, {"type": "text", "text": "b"}),
            at("with.components[0].parameters", NAMED_IN_PART()),
        ),
        (
            [{"type": "header", "parameters": [{"type": "image", "image": {"link": "http://e.example/i"}}]}],
            at("with.components[0].parameters[0].image.link", NO_ADDRESS()),
        ),
        (
            [{"type": "button", "sub_type": "url", "parameters": [{"type": "text", "text": "x" * 2001}]}],
            at("with.components[0].parameters[0].text", TEXT_TOO_LONG(count=2000, found=2001)),
        ),
        (
            [{"type": "button", "sub_type": "copy_code", "parameters": [{"coupon_code": "x" * 16}]}],
            at("with.components[0].parameters[0].coupon_code", TEXT_TOO_LONG(count=15, found=16)),
        ),
    ],
)
def test_components_that_whatsapp_does_not_take_are_refused(world: World, components: Any, reason: Reason) -> None:
    world.has_record("lead:1", phone="+905321234567", name="Ada")
    job = performed(world, "send_whatsapp", template="invoice", components=components)
    assert (job.status, job.reason, world.graph.sent) == (JobStatus.FAILED, reason, [])


WELCOME = {
    "name": "Hi",
    "texts": {"en": {"text": "Hello {{ record.name }}"}, "tr": {"text": "Merhaba {{ record.name }}"}},
}


@pytest.mark.parametrize(("language", "text"), [("tr", "Merhaba Ada"), ("en", "Hello Ada"), ("hu", "Hello Ada")])
def test_a_stored_template_is_the_text_in_the_customer_s_language(world: World, language: str, text: str) -> None:
    world.has_record("lead:1", phone="+905321234567", name="Ada", language=language)
    world.has_template("template_1", {**WELCOME, "channel": "whatsapp"})
    job = performed(world, "send_whatsapp", stored_template="template_1")
    ((message, _),) = world.graph.sent
    assert (job.status, message["text"]["body"]) == (JobStatus.DONE, text)


@pytest.mark.parametrize(
    ("template", "code"),
    [
        (None, "stored_template.not_found"),
        ({**WELCOME, "channel": "sms"}, ""),
        ({"name": "Long", "texts": {"en": {"text": "x" * 4097}}}, ""),
    ],
)
def test_a_stored_template_that_is_not_for_whatsapp_sends_nothing(world: World, template: Any, code: str) -> None:
    world.has_record("lead:1", phone="+905321234567", name="Ada")
    if template:
        world.has_template("template_1", template)
    job = performed(world, "send_whatsapp", stored_template="template_1")
    assert (job.status, job.attempt, world.graph.sent) == (JobStatus.FAILED, 0, [])
    assert job.reason is not None
    assert code in str(job.reason)
