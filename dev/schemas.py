"""Write docs/*.schema.json: of rules, views, templates and sources. Needs the environment of the tests.

python -m dev.schemas           write them
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dev.paths import ROOT
from whenthen.domain.schemas.rule import rule_schema
from whenthen.domain.schemas.view import template_schema, view_schema
from whenthen.sources.webhook.schema import source_schema

SCHEMAS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "rule": rule_schema,
    "view": view_schema,
    "template": template_schema,
    "source": source_schema,
}


def path_of(name: str) -> Path:
    """Return where the schema of this name is kept."""
    return ROOT / "docs" / f"{name}.schema.json"


def text_of(name: str) -> str:
    """Return the schema of this name as its file holds it."""
    return json.dumps(SCHEMAS[name](), indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write every schema."""
    for name in SCHEMAS:
        path_of(name).write_text(text_of(name), encoding="utf-8")
        print(path_of(name).relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
