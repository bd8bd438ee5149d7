"""Check that an answer tells its caller the whole reason, and the log only codes and field names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from msgspec import to_builtins

from whenthen.domain.common.backoff import GIVEN_UP_AFTER_HOURS
from whenthen.domain.common.errors import (
    Invalid,
    LintFailed,
    Malformed,
    NotFound,
    Problem,
    Temporary,
    WhenthenError,
)
from whenthen.domain.common.reasons import Reason
from whenthen.ports.reason_codes import RECORD_NOT_FOUND
from whenthen.runtime import http_responses, reason_texts

SENT = "ayse yilmaz@example.com"
BAD = Reason("sample.bad")
ADDRESS = Reason("sample.address", {"value": SENT})


@pytest.mark.parametrize(
    ("error", "logged"),
    [
        (
            Invalid(
                [Problem("fields.email", Reason("sample.address", {"value": SENT})), Problem(f"fields.{SENT}", BAD)]
            ),
            {
                "error": "Invalid",
                "code": "input.invalid",
                "causes": ["input.at_field", "sample.address", "sample.bad"],
                "fields": ["fields"],
            },
        ),
        (Malformed(Reason("sample.unreadable", {"detail": SENT})), {"error": "Malformed", "code": "sample.unreadable"}),
        (NotFound(RECORD_NOT_FOUND(ref=SENT)), {"error": "NotFound", "code": "record.not_found"}),
        (
            Temporary(GIVEN_UP_AFTER_HOURS(count=36, reason=RECORD_NOT_FOUND(ref=SENT))),
            {"error": "Temporary", "code": "retry.given_up_after_hours", "causes": ["record.not_found"]},
        ),
    ],
)
def test_the_log_has_codes_and_field_names_and_no_parameters(
    error: WhenthenError, logged: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[dict[str, Any]] = []
    monkeypatch.setattr(http_responses.logger, "warning", lambda _, **said: lines.append(said))

    @http_responses.answering
    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        del event, context
        raise error

    answer = handler({}, None)
    assert lines == [logged]
    document = json.loads(answer["body"])
    assert (document["code"], document["params"]) == (error.reason.code, to_builtins(error.reason)["params"])


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"body": "YWJj", "isBase64Encoded": True}, None),
        ({"body": "YW!j", "isBase64Encoded": True}, http_responses.NOT_BASE64()),
        ({"body": "YWJ", "isBase64Encoded": True}, http_responses.NOT_BASE64()),
        ({"body": "çay=", "isBase64Encoded": True}, http_responses.NOT_BASE64()),
        ({"body": "ab\ud83d"}, http_responses.HALF_CHARACTER(position=3)),
    ],
)
def test_a_body_that_is_no_bytes_is_refused_with_the_place(event: dict[str, Any], reason: Reason | None) -> None:
    if reason is None:
        assert http_responses.raw_body(event, 100) == b"abc"
        return
    with pytest.raises(Malformed) as caught:
        http_responses.raw_body(event, 100)
    assert caught.value.reason == reason


def test_a_problem_document_names_each_field_by_code_and_params() -> None:
    error = LintFailed([Problem("steps[0].with.to", ADDRESS)], [Problem("exit", BAD)])
    document, headers = http_responses.problem_details(error, lambda reason: f"<{reason.code}>")
    assert headers == {}
    assert document == {
        "type": "about:blank",
        "title": "<problem.invalid>",
        "status": 422,
        "code": "input.at_field",
        "params": {"field": "steps[0].with.to", "problem": to_builtins(ADDRESS)},
        "detail": "<input.at_field>",
        "errors": [
            {
                "field": "steps[0].with.to",
                "code": "sample.address",
                "params": {"value": SENT},
                "text": "<sample.address>",
            }
        ],
        "warnings": [{"field": "exit", "code": "sample.bad", "params": {}, "text": "<sample.bad>"}],
    }


def test_a_defect_tells_nothing_of_itself() -> None:
    document, _ = http_responses.problem_details(KeyError(SENT))
    assert document == {"type": "about:blank", "title": "problem.unforeseen", "status": 500}


def test_a_text_has_its_parameters_and_its_plural_form_in_the_callers_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {
        "en": {"sample.many": ["{count} of {names}", "all {count} of {names}"], "sample.why": ["since {reason}"]},
        "tr": {"sample.many": ["{names}: {count}", "{names}: {count}"]},
    }
    for language, messages in texts.items():
        catalogue = Catalog(locale=language, domain="whenthen")
        for code, forms in messages.items():
            catalogue.add((code, code) if len(forms) > 1 else code, tuple(forms) if len(forms) > 1 else forms[0])
        folder = tmp_path / language / "LC_MESSAGES"
        folder.mkdir(parents=True)
        with (folder / "whenthen.mo").open("wb") as file:
            write_mo(file, catalogue)
    monkeypatch.setattr(reason_texts, "_LOCALES", tmp_path)
    reason_texts._catalogue.cache_clear()
    reason_texts.languages.cache_clear()
    many = Reason("sample.many", {"count": 2, "names": ["a", "b"]})
    assert reason_texts.text_of(Reason("sample.why", {"reason": many}), "en") == "since all 2 of a, b"
    assert reason_texts.text_of(Reason("sample.many", {"count": 1, "names": ["a"]}), "en") == "1 of a"
    assert reason_texts.text_of(many, "tr") == "a, b: 2"
    assert reason_texts.text_of(Reason("sample.why", {"reason": many}), "tr") == "since a, b: 2", (
        "English if it has none"
    )
    assert reason_texts.text_of(Reason("sample.none", {"x": 1}), "tr") == "sample.none(x=1)"
    assert reason_texts.text_of(Reason("sample.why", {"other": 1}), "en") == "sample.why(other=1)"
    for header, language in {
        "tr-TR,tr;q=0.9,en;q=0.8": "tr",
        "hu, en;q=0.5, tr;q=0.7": "tr",
        "tr;q=0": "en",
        "": "en",
        "xx;q=nonsense": "en",
    }.items():
        assert reason_texts.language_of({"accept-language": header}) == language, header
    reason_texts._catalogue.cache_clear()
    reason_texts.languages.cache_clear()
