"""GET and POST /links/{page}/{token}: the pages of customers, and what a mail program's button posts."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.functions.payloads import http
from tests.functions.stack import LINKS, Stack
from whenthen.domain.sending.sealed_links import PREFERENCES, UNSUBSCRIBE, seal

IDENTITY = "email#ayse@example.com"
FORM = "application/x-www-form-urlencoded"
MULTIPART = (
    b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
    "multipart/form-data; boundary=x",
)


def asked(
    stack: Stack,
    method: str,
    page: str,
    token: str = "",
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    *,
    binary: bool = False,
) -> Any:
    token = token or seal(LINKS["key"], page, IDENTITY)
    path = {"page": page, "token": token}
    request = http(method, f"/links/{page}/{token}", body, headers, path=path, binary=binary)
    return stack.invoke("serve_links", request)


@pytest.fixture
def known(stack: Stack) -> Stack:
    stack.wiring("manage").save_record.upsert(
        "contact", "1", {"email": "ayse@example.com", "phone": "+905320000000"}, origin="api"
    )
    stack.events()
    return stack


def test_opening_the_page_changes_nothing_and_shows_a_button(known: Stack) -> None:
    answer = asked(known, "GET", UNSUBSCRIBE, headers={"accept-language": "hu"})
    assert (answer["statusCode"], known.events()) == (200, [])
    assert '<html lang="hu" dir="ltr">' in answer["body"]
    assert '<form method="post"><button>Leiratkozás</button></form>' in answer["body"]
    assert "ayse" not in answer["body"]


def test_a_page_runs_nothing_is_kept_nowhere_and_tells_nobody_its_address(known: Stack) -> None:
    headers = asked(known, "GET", PREFERENCES)["headers"]
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("body", "type_", "binary", "way"),
    [
        (b"List-Unsubscribe=One-Click", FORM, False, "one_click"),
        (b"List-Unsubscribe=One-Click", FORM, True, "one_click"),
        (*MULTIPART, False, "one_click"),
        (*MULTIPART, True, "one_click"),
        (None, FORM, False, "page"),
    ],
)
def test_a_click_is_an_event_before_it_is_answered(
    known: Stack, body: bytes | None, type_: str, binary: bool, way: str
) -> None:
    answer = asked(known, "POST", UNSUBSCRIBE, body=body, headers={"content-type": type_}, binary=binary)
    assert (answer["statusCode"], "no more e-mail" in answer["body"]) == (200, True)
    (event,) = known.events()
    assert (event["type"], event["data"]) == (
        "email.subscription_changed",
        {"unsubscribed_from_all": True, "by": "link", "way": way},
    )


def test_the_boxes_show_and_change_the_channels(known: Stack) -> None:
    shown = asked(known, "GET", PREFERENCES)["body"]
    assert (shown.count(" checked"), shown.count('type="checkbox"')) == (3, 3)
    answer = asked(known, "POST", PREFERENCES, body=b"channel=email&channel=sms", headers={"content-type": FORM})
    assert answer["body"].count(" checked") == 2
    (event,) = known.events()
    assert (event["type"], event["data"]["consented"]) == ("whatsapp.preference_changed", False)


@pytest.mark.parametrize(
    ("channel", "asks", "says"),
    [
        ("sms", "Do you want no more SMS from us?", "You will get no more SMS from us."),
        ("whatsapp", "no more WhatsApp messages from us?", "You will get no more WhatsApp messages from us."),
    ],
)
def test_a_link_of_another_channel_stops_the_messages_of_that_channel(
    known: Stack, channel: str, asks: str, says: str
) -> None:
    token = seal(LINKS["key"], UNSUBSCRIBE, f"{channel} phone#+905320000000")
    assert asks in asked(known, "GET", UNSUBSCRIBE, token, headers={"accept-language": "en"})["body"]
    assert says in asked(known, "POST", UNSUBSCRIBE, token, headers={"accept-language": "en"})["body"]
    (event,) = known.events()
    assert (event["type"], event["data"]["value"]) == (f"{channel}.preference_changed", "stop")


@pytest.mark.parametrize(
    ("lang", "hint"),
    [("en", "send START from your phone"), ("tr", "START gönderin"), ("hu", "számára: START"), ("id", "kirim START")],
)
def test_what_the_link_cannot_switch_on_again_says_how_to_start_it(known: Stack, lang: str, hint: str) -> None:
    known.wiring("manage").save_record.upsert("contact", "1", {"consent": {"sms": False}}, origin="api")
    known.events()
    spoken = {"accept-language": lang, "content-type": FORM}
    for method, body in (("GET", None), ("POST", b"channel=email&channel=sms&channel=whatsapp")):
        page = asked(known, method, PREFERENCES, body=body, headers=spoken)["body"]
        assert (page.count(" checked"), page.count(" disabled"), hint in page) == (2, 1, True)
        assert 'value="sms"' not in page
    assert known.events() == []


def test_hebrew_is_read_from_the_right(known: Stack) -> None:
    known.wiring("manage").save_record.upsert("contact", "1", {"language": "he"}, origin="api")
    answer = asked(known, "GET", UNSUBSCRIBE, headers={"accept-language": "tr"})
    assert '<html lang="he" dir="rtl">' in answer["body"]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("page", "token"),
    [
        (UNSUBSCRIBE, "x" * 40),
        (UNSUBSCRIBE, seal(LINKS["key"], PREFERENCES, IDENTITY)),
        (PREFERENCES, seal(LINKS["key"], UNSUBSCRIBE, IDENTITY)),
        (PREFERENCES, base64.urlsafe_b64encode(IDENTITY.encode()).decode()),
        ("other", seal(LINKS["key"], UNSUBSCRIBE, IDENTITY)),
        ("<script>", "<script>"),
    ],
)
def test_a_link_that_is_none_of_ours_is_a_page_that_says_so(known: Stack, method: str, page: str, token: str) -> None:
    answer = asked(known, method, page, token)
    assert (answer["statusCode"], known.events()) == (404, [])
    assert "not complete" in answer["body"]
    assert "<script" not in answer["body"]


@pytest.mark.parametrize(
    ("page", "body", "status"),
    [(UNSUBSCRIBE, b"x" * 10_001, 413), (PREFERENCES, b"a=b&" * 100, 413), (PREFERENCES, b"\xff" * 100, 200)],
)
def test_a_body_is_bounded(known: Stack, page: str, body: bytes, status: int) -> None:
    assert asked(known, "POST", page, body=body, headers={"content-type": FORM}, binary=True)["statusCode"] == status


def test_somebody_without_records_has_nothing_to_choose(stack: Stack) -> None:
    answer = asked(stack, "GET", PREFERENCES)
    assert (answer["statusCode"], "<form" in answer["body"]) == (200, True)
