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
        ("signing.signatures meta.notification whatsapp.webhook", ("jmespath", "email.parser")),
        ("signing.signatures meta.leads", ("jmespath", "email.parser")),
        ("signing.signatures webhook.mapping webhook.delivery parsing.forms", ("email.parser",)),
        ("email.inbound email.outbound_reports email.authentication", ("jmespath",)),
    ],
)
def test_a_receiving_function_imports_nothing_heavy(modules: str, also_not: tuple[str, ...]) -> None:
    code = f"import sys; {'; '.join(f'import whenthen.sources.{each}' for each in modules.split())}; "
    code += f"print([name for name in {HEAVY + also_not!r} if name in sys.modules])"
    layer = Path(whenthen.__file__).parents[1]
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=layer
    )
    assert done.stdout.strip() == "[]"
