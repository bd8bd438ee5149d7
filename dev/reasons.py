"""Write docs/reference/reasons.md: each reason code with its English text and its parameters, by area.

python -m dev.reasons
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping

from babel.messages.catalog import Message

from dev.messages.catalogues import ENGLISH, load
from dev.messages.extraction import SOURCES, Declaration, declarations
from dev.paths import ROOT
from whenthen.api.rendering.vocabulary import EXPLAINED

PAGE = ROOT / "docs" / "reference" / "reasons.md"

_HEAD = """# Reason codes

After reading this page you can find the meaning of each code that the API gives as a reason or a problem.
`python -m dev.reasons` writes it from the sources and the English texts, and a test compares it.

A reason has a `code`, `params` and a `text` ([the API](api.md)). In a text below, `{name}` stands for the parameter of
this name. A parameter may be a reason itself. Use codes and parameters in programs: texts may change.
"""

_LABELS = frozenset({"action"})
"""Groups whose codes name things for people. They are the reason of nothing."""

_AREAS: Mapping[str, tuple[str, ...]] = {
    "Requests to the API": ("api/", "usecases/admin/"),
    "Fields of any document": ("domain/common/",),
    "Rules, views and templates": (
        "domain/conditions/", "domain/event_catalog/", "domain/rules/", "domain/scheduling/", "domain/templating/",
        "domain/temporal/",
    ),
    "Findings of lint": ("domain/lint/",),
    "Explanations of events": ("domain/explain/", "usecases/matching/"),
    "Runs, jobs and messages": ("channels/", "domain/runs/", "usecases/runs/"),
    "Events, sources and deliveries": ("domain/events/", "sources/", "usecases/ingest/"),
    "Records and imports": ("domain/imports/", "domain/records/", "sources/files/", "usecases/records/"),
    "Stores, queues and providers": ("",),
}  # fmt: skip
"""Area → the folders that declare its codes. Of several folders that fit, the longest counts."""


def page() -> str:
    """Return the page's text. The codes of each area are sorted."""
    declared, texts = declarations(), load()[ENGLISH]
    areas: dict[str, list[str]] = defaultdict(list)
    for code, area in sorted(_codes().items()):
        areas[area].append(_row(declared[code], _text(texts.get(code))))
    table = "\n| code | text | parameters |\n|---|---|---|\n"
    return _HEAD + "".join(f"\n## {area}\n{table}{''.join(areas[area])}" for area in _AREAS if areas[area])


def _text(message: Message | None) -> str:
    """Return the English text of a code, of several forms that for many."""
    texts = message.string if message else ""
    return texts if isinstance(texts, str) else (texts or ("",))[-1]


def _row(declared: Declaration, text: str) -> str:
    shown = text.replace("{{", "{").replace("}}", "}").replace("|", "\\|").replace("<", "\\<")
    parameters = ", ".join(f"`{name}`" for name in declared.parameters)
    return f"| `{declared.code}` | {shown} | {parameters} |\n"


def _codes() -> dict[str, str]:
    """Return each reason code with its area."""
    found = dict.fromkeys(EXPLAINED.values(), "Explanations of events")
    for file in sorted(SOURCES.rglob("*.py")):
        area = _area_of(file.relative_to(SOURCES).as_posix())
        for code in _declared(ast.parse(file.read_text(encoding="utf-8"))):
            found.setdefault(code, area)
    return {code: area for code, area in found.items() if code.partition(".")[0] not in _LABELS}


def _declared(tree: ast.Module) -> Iterator[str]:
    """Yield the codes of a module, from each call of ReasonCode."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name("ReasonCode"), args=[ast.Constant(str(code)), *_]):
                yield code


def _area_of(file: str) -> str:
    fitting = [(len(folder), area) for area, folders in _AREAS.items() for folder in folders if file.startswith(folder)]
    return max(fitting)[1]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
