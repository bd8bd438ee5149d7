"""Lint of SMS: parts and characters are shown when a rule is saved, before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from tests.usecases.rules import rule
from whenthen.domain.lint.findings import Severity
from whenthen.domain.lint.lint import lint
from whenthen.domain.rules.rule import parse_rule


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"text": "Hello {{ record.name }}", "purpose": "service"}, []),
        ({"text": "Hello", "template": "template_1"}, [("opt_out", "sms.no_way_out")]),
        ({"template": "template_1"}, []),
        ({"text": "x" * 161, "purpose": "service"}, [("text", "sms.several_parts")]),
        ({"text": "ş" * 71, "purpose": "service"}, [("text", "sms.forces_ucs_2"), ("text", "sms.several_parts")]),
        ({"text": "x" * 100 + "{{ record.a }}" * 20, "purpose": "service"}, []),
        ({"text": "x" * 155, "opt_out": "STOP: 1234"}, [("text", "sms.several_parts")]),
        ({"text": "x" * 155, "opt_out": "STOP: 1234", "purpose": "service"}, []),
        ({"text": "See https://a.example", "purpose": "service"}, [("text", "sms.link_in_text")]),
        ({"text": "See https://a.example", "purpose": "service", "links": "always"}, []),
        ({"text": "Sale"}, [("opt_out", "sms.no_way_out")]),
        ({"text": "Sale, reply STOP"}, []),
        ({"text": "Sale", "opt_out": "{{ record.way_out }}"}, []),
    ],
)
def test_a_rule_is_warned_of(parameters: dict[str, Any], found: list[tuple[str, str]]) -> None:
    written = parse_rule({"id": "r", **rule({"id": "it", "action": "send_sms", "with": parameters})})
    findings = [each for each in lint(written) if each.code.startswith("sms.")]
    assert [(each.field, each.code) for each in findings] == [(f"steps[0].with.{name}", code) for name, code in found]
    assert all(each.severity is Severity.WARNING for each in findings)
