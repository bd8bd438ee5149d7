"""In which language callers are answered."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.api import RULE, Api


@pytest.mark.parametrize(
    ("query", "header", "starts"),
    [
        ("", {}, "When: "),
        ("?lang=hu", {}, "Amikor: "),
        ("?lang=tr-TR", {}, "Ne zaman: "),
        ("?lang=HE", {}, "מתי: "),
        ("?lang=hu", {"accept-language": "tr"}, "Amikor: "),
        ("", {"accept-language": "tr"}, "Ne zaman: "),
        ("", {"Accept-Language": "de;q=0.9, id-ID;q=0.8, en;q=0.7"}, "Ketika: "),
        ("", {"accept-language": "en;q=0.2, iw;q=0.8"}, "מתי: "),
        ("", {"accept-language": "hu;q=0, tr;q=0.1"}, "Ne zaman: "),
        ("", {"accept-language": "de, *"}, "When: "),
        ("", {"accept-language": ";;q=,;q=x,=,"}, "When: "),
    ],
)
def test_which_language_is_spoken(api: Api, query: str, header: dict[str, str], starts: str) -> None:
    made = api.has_rule()
    answer = api.call("GET", f"/v1/rules/{made['id']}{query}", None, header)
    assert answer.status == 200
    assert answer.document["sentence"].startswith(starts)


@pytest.mark.parametrize("lang", ["xx", "english", "-", "e"])
@pytest.mark.parametrize(
    "target",
    ["/v1/rules", "/v1/rules/rule_1", "/v1/runs?status=done", "/v1/events/evt_1", "/v1/records/lead/1/timeline"],
)
def test_a_language_that_is_asked_for_and_not_known_is_refused(api: Api, target: str, lang: str) -> None:
    answer = api.call("GET", f"{target}{'&' if '?' in target else '?'}lang={lang}")
    assert (answer.status, answer.fields) == (422, ["lang"])


def test_a_refused_language_saves_nothing(api: Api) -> None:
    answer: Any = api.call("POST", "/v1/rules?lang=xx", RULE)
    assert answer.status == 422
    assert api.get("/v1/rules")["items"] == []
