"""Cold starts: the matcher reads rules and carried records without the catalogue's tables."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import whenthen


def test_reading_rules_imports_no_catalogue() -> None:
    code = (
        "import sys; import whenthen.domain.event_catalog.derivation, whenthen.domain.matching, whenthen.domain.rules; "
    )
    code += (
        "print([name for name in sys.modules if 'event_catalog.catalog' in name or name.endswith('message_events')])"
    )
    layer = Path(whenthen.__file__).parents[1]
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=layer
    )
    assert done.stdout.strip() == "[]"
