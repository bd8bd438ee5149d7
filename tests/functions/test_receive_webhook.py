"""POST /hooks/{source}: the raw bytes are what is verified, and every refusal is a problem document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.adapters.samples import why
from tests.aws import client
from tests.functions.api import Api
from tests.functions.payloads import http
from tests.functions.stack import STACK, Stack
from tests.sources.samples import sample
from whenthen.domain.common.errors import Temporary
from whenthen.sources.signing.signatures import parse_scheme, sign

SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
BODY = b'{"type": "payment.received", "data": {"amount": 250}}'
ODD = '{ "type"\t:"payment.received",\r\n "data":{"name":"Ay\\u015fe \\/ Yılmaz", "amount": 2.50e2 } }\n '.encode()
"""As valid as any other JSON; a signature over what a parser makes of it would not fit."""


@pytest.fixture
def payments(stack: Stack) -> Stack:
    """A stack with a source that signs by Standard Webhooks."""
    _configure(stack, {"name": "payments", "scheme": "standard_webhooks"}, SECRET)
    return stack


def _configure(stack: Stack, document: Mapping[str, Any], secret: str | None) -> None:
    stack.wiring("manage").sources.save(document["name"], document)
    if secret is not None:
        stack.has_secret(f"sources/{document['name']}", {"secret": secret})


def _post(
    stack: Stack, body: bytes, headers: Mapping[str, str], *, source: str = "payments", binary: bool = False
) -> Any:
    target, route = f"/hooks/{source}", "POST /hooks/{source}"
    event = http("POST", target, body, headers, route=route, path={"source": source}, binary=binary)
    return stack.invoke("receive_webhook", event)


def _signed(body: bytes, secret: str = SECRET, delivery: str = "msg_1") -> dict[str, str]:
    return dict(sign(parse_scheme("standard_webhooks"), secret, body, datetime.now(UTC), delivery))


def _problem(answer: Mapping[str, Any]) -> dict[str, Any]:
    assert answer["headers"]["content-type"] == "application/problem+json"
    document: dict[str, Any] = json.loads(answer["body"])
    assert document["status"] == answer["statusCode"]
    return document


def test_a_signed_event_is_on_the_bus_when_the_answer_is_given(payments: Stack) -> None:
    answer = _post(payments, BODY, _signed(BODY))
    (event,) = payments.events()
    assert answer["statusCode"] == 202
    assert json.loads(answer["body"]) == {"events": [event["id"]], "problems": []}
    assert (event["type"], event["data"]["amount"]) == ("payment.received", 250)


def test_the_same_delivery_has_the_same_id_each_time(payments: Stack) -> None:
    for _ in range(2):
        _post(payments, BODY, _signed(BODY))
    first, second = payments.events()
    assert first["id"] == second["id"]


@pytest.mark.parametrize("binary", [False, True])
def test_the_bytes_are_verified_as_they_were_sent(payments: Stack, binary: bool) -> None:
    assert _post(payments, ODD, _signed(ODD), binary=binary)["statusCode"] == 202
    assert payments.events()[0]["data"] == {"name": "Ayşe / Yılmaz", "amount": 250.0}


def test_a_body_that_means_the_same_but_reads_otherwise_is_refused(payments: Stack) -> None:
    assert _problem(_post(payments, ODD.strip(), _signed(ODD)))["status"] == 401
    assert payments.events() == []


def test_header_names_are_read_in_any_case(payments: Stack) -> None:
    shouted = {name.upper(): value for name, value in _signed(BODY).items()}
    assert _post(payments, BODY, shouted)["statusCode"] == 202


@pytest.mark.parametrize(
    "headers", [{}, _signed(b"another"), _signed(BODY, SECRET.replace("M", "N")), {"webhook-signature": "v1,é"}]
)
def test_a_wrong_or_missing_signature_is_a_401_problem(payments: Stack, headers: dict[str, str]) -> None:
    assert _problem(_post(payments, BODY, headers))["title"] == "Not authenticated"
    assert payments.events() == []


def test_a_source_without_its_secret_accepts_nothing(stack: Stack) -> None:
    _configure(stack, {"name": "payments", "scheme": "standard_webhooks"}, None)
    assert _problem(_post(stack, BODY, _signed(BODY)))["status"] == 401


@pytest.mark.parametrize("text", ["whsec_x", "[]", "{'secret': 'x'}"])
def test_a_source_whose_secret_is_no_json_is_a_503_problem_and_no_refusal(stack: Stack, text: str) -> None:
    _configure(stack, {"name": "payments", "scheme": "standard_webhooks"}, SECRET)
    client("secretsmanager").put_secret_value(SecretId=f"{STACK}/sources/payments", SecretString=text)
    problem = _problem(_post(stack, BODY, _signed(BODY)))
    assert (problem["status"], problem["code"]) == (503, "secret.unreadable")
    assert "payments" not in problem["detail"] or "whsec" not in problem["detail"]
    assert stack.events() == []


@pytest.mark.parametrize("source", ["nobody", "", "%00", "a" * 300])
def test_an_unknown_source_is_a_404_problem(payments: Stack, source: str) -> None:
    assert _problem(_post(payments, BODY, _signed(BODY), source=source))["status"] == 404


def test_a_signed_body_that_is_no_json_is_a_400_problem(payments: Stack) -> None:
    assert _problem(_post(payments, b"{not json", _signed(b"{not json")))["status"] == 400


def test_base64_that_is_none_is_a_400_problem(payments: Stack) -> None:
    event = http("POST", "/hooks/payments", b"", path={"source": "payments"}, binary=True)
    answer = payments.invoke("receive_webhook", event | {"body": "not base64!"})
    assert _problem(answer)["status"] == 400


@pytest.mark.parametrize("binary", [False, True])
def test_a_body_of_more_than_200_kb_is_a_413_problem(payments: Stack, binary: bool) -> None:
    body = b'{"type": "a.b", "data": "' + b"x" * 200_000 + b'"}'
    document = _problem(_post(payments, body, _signed(body), binary=binary))
    assert (document["status"], "200000" in document["detail"]) == (413, True)


def test_the_largest_body_is_counted_in_bytes_not_in_characters(payments: Stack) -> None:
    body = ('{"type": "a.b", "data": {"x": "' + "ş" * 100_000 + '"}}').encode()
    assert _problem(_post(payments, body, _signed(body)))["status"] == 413


def test_a_bus_that_is_busy_is_a_503_problem_with_a_time_to_come_back(payments: Stack) -> None:
    class Busy:
        def publish(self, _: object) -> None:
            raise Temporary(why("putting events on the bus: ThrottlingException"))

    payments.adapters["bus"] = Busy()
    answer = _post(payments, BODY, _signed(BODY))
    assert (_problem(answer)["status"], answer["headers"]["retry-after"]) == (503, "5")


def test_a_defect_is_not_hidden_behind_an_answer(payments: Stack) -> None:
    payments.adapters["receive_webhook"] = None
    with pytest.raises(TypeError):
        _post(payments, BODY, _signed(BODY))


def test_a_mapped_source_saves_the_record_that_its_event_is_about(stack: Stack) -> None:
    document = json.loads(sample("hooks/order_source.json"))
    _configure(stack, document, "shop secret")
    body = sample("hooks/order_shipped.json")
    headers = dict(sign(parse_scheme(document["scheme"]), "shop secret", body, datetime.now(UTC)))
    assert _post(stack, body, headers, source="shop")["statusCode"] == 202
    (event,) = stack.events()
    record = stack.wiring("manage").records.find(event["identities"], "contact")
    assert record is not None
    assert record.fields["full_name"] == "Mehmet Demir"


def test_a_form_as_a_browser_posts_it_is_answered_with_its_redirect(stack: Stack) -> None:
    thanks = "https://www.example.com/thanks"
    document = {"name": "contact", "scheme": "form_token", "form": {"redirect": thanks}}
    _configure(stack, document, "form-token-of-the-demo")
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = _post(stack, sample("forms/contact.urlencoded"), headers, source="contact", binary=True)
    assert (answer["statusCode"], answer["headers"]["location"]) == (303, thanks)
    (event,) = stack.events()
    assert event["data"]["fields"]["full_name"] == "Ayşe Yılmaz"


def _refused(stack: Stack, source: str = "payments") -> Any:
    return Api(stack).get(f"/v1/sources/{source}/refused")["items"]


def test_what_no_mapping_takes_can_be_looked_at_without_its_secrets(payments: Stack) -> None:
    body = json.dumps({"type": "contact.created", "password": "hunter2", "note": f"key {SECRET}"}).encode()
    headers = {**_signed(body), "content-type": "application/json", "x-api-key": "abc", "authorization": "Bearer x"}
    assert _post(payments, body, headers)["statusCode"] == 202
    (kept,) = _refused(payments)
    assert (kept["outcome"], kept["proven"], kept["status"], kept["size"]) == ("unmapped", True, 202, len(body))
    problem = {"code": "mapping.not_reportable", "params": {"type": "contact.created"}}
    expected = {"field": "mappings[0].type_from", "problem": problem}
    assert (kept["reason"]["code"], kept["reason"]["params"]) == ("input.at_field", expected)
    assert json.loads(kept["body"]) == {"type": "contact.created", "password": "***", "note": "***"}
    assert kept["headers"].keys() == {"content-type", "webhook-id", "webhook-timestamp"}
    assert {"authorization", "x-api-key", "webhook-signature"} <= set(kept["other_headers"])


def test_of_an_unsigned_body_nothing_is_kept_but_that_it_came(payments: Stack) -> None:
    assert _post(payments, BODY, {"user-agent": "curl/8"})["statusCode"] == 401
    (kept,) = _refused(payments)
    assert (kept["outcome"], kept["proven"], kept["status"], kept["body"]) == ("refused", False, 401, "")
    assert (kept["headers"], kept["size"]) == ({"user-agent": "curl/8"}, len(BODY))
    reason = kept["reason"]
    assert (reason["code"], reason["params"]) == ("signature.header_missing", {"header": "webhook-id"})
    assert "webhook-id" in reason["text"]


def test_the_last_come_first_and_a_taken_one_is_not_among_them(payments: Stack) -> None:
    for body in (b"{not json", BODY, b"[5]"):
        _post(payments, body, _signed(body))
    assert [kept["body"] for kept in _refused(payments)] == ['["***"]', ""]


class Broken:
    """A store that cannot be reached."""

    def note(self, *_: object) -> bool:
        return False


def test_a_refusal_that_cannot_be_kept_changes_no_answer(payments: Stack) -> None:
    payments.adapters["low_timeout_rejections"] = Broken()
    assert _post(payments, BODY, {})["statusCode"] == 401
    other = b'{"type": "contact.created"}'
    assert _post(payments, other, _signed(other))["statusCode"] == 202
    assert len(payments.events()) == 1
    assert _refused(payments) == []


def test_it_can_reach_nothing_but_what_it_needs(stack: Stack) -> None:
    given = stack.environment("receive_webhook")
    assert {"EMAIL_QUEUE_URL", "SEQUENCE_ARN", "GRAPH_API_URL"}.isdisjoint(given)
    assert client("dynamodb").describe_table(TableName=given["CONFIG_TABLE"])["Table"]["TableStatus"] == "ACTIVE"


def test_an_integer_beyond_64_bits_is_kept_as_text(payments: Stack) -> None:
    body = b'{"type": "payment.received", "data": {"amount": 12345678901234567890}}'
    assert _post(payments, body, _signed(body))["statusCode"] == 202
    (event,) = payments.events()
    assert '"12345678901234567890"' in json.dumps(event["data"])


@pytest.mark.parametrize(
    ("language", "title", "text"),
    [("", "Not authenticated", "the header webhook-id is missing or not readable"), ("hu", "Nincs hitelesítve", None)],
)
def test_a_refusal_has_a_code_and_a_text_in_the_senders_language(
    payments: Stack, language: str, title: str, text: str | None
) -> None:
    document = _problem(_post(payments, BODY, {"accept-language": language}))
    assert (document["code"], document["params"]) == ("signature.header_missing", {"header": "webhook-id"})
    assert document["title"] == title
    assert text in (document["detail"], None)


def test_what_could_not_be_mapped_has_codes_and_texts_in_the_senders_language(stack: Stack) -> None:
    mapping = {"type": "payment.received", "data": "{amount: body.amount}", "time": "body.at"}
    _configure(stack, {"name": "payments", "scheme": "standard_webhooks", "mappings": [mapping]}, SECRET)
    body = b'{"amount": 250, "at": "soon"}'
    texts = {}
    for delivery, language in (("msg_1", "en"), ("msg_2", "tr")):
        answer = _post(stack, body, {**_signed(body, delivery=delivery), "accept-language": language})
        assert answer["statusCode"] == 202
        [problem] = json.loads(answer["body"])["problems"]
        assert (problem["field"], problem["code"]) == ("mappings[0].time", "mapping.no_time")
        texts[language] = problem["text"]
    assert texts["en"] != texts["tr"]
    assert "mapping.no_time" not in texts.values()


@pytest.mark.parametrize("name", ["x" * 1_025, "x" * 41, "ş" * 700, "Shop", "a b", "-", "1", "\U0001f600"])
def test_a_name_that_no_source_can_have_is_not_found(stack: Stack, name: str) -> None:
    event = http("POST", f"/hooks/{name}", "{}", {}, route="POST /hooks/{source}")
    answer = stack.invoke("receive_webhook", {**event, "pathParameters": {"source": name}})
    assert (answer["statusCode"], answer["headers"]["content-type"]) == (404, "application/problem+json")
