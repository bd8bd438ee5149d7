"""Cold starts: what the receiving functions import of the sources is small, and the rest comes only when it is used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import whenthen

HEAVY = ("pydantic", "jinja2", "boto3", "botocore", "phonenumbers", "aws_lambda_powertools", "asyncio")


@pytest.mark.parametrize(
    ("modules", "also_not"),
    [
        ("signatures, meta, whatsapp", ("jmespath", "email.parser")),
        ("signatures, meta_leads", ("jmespath", "email.parser")),
        ("signatures, mapping, mapped, forms", ("email.parser",)),
        ("inbound_mail, outbound_mail, receipts", ("jmespath",)),
    ],
)
def test_a_receiving_function_imports_nothing_heavy(modules: str, also_not: tuple[str, ...]) -> None:
    code = f"import sys; from whenthen.sources import {modules}; "
    code += f"print([name for name in {HEAVY + also_not!r} if name in sys.modules])"
    layer = Path(whenthen.__file__).parents[1]
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=layer
    )
    assert done.stdout.strip() == "[]"
