"""Five thousand random templates: each is refused, or rendered within its bounds of work and length."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from whenthen.domain.common.errors import Invalid
from whenthen.domain.stored_templates.message_template import Channel, MessageTemplate
from whenthen.domain.stored_templates.reading import check_message_template, parse_message_template
from whenthen.domain.stored_templates.rendering import render_message
from whenthen.domain.templating import filters
from whenthen.domain.templating.budget import MAX_RENDERED, MAX_WORK, Budget
from whenthen.domain.templating.loops import MAX_TURNS

SEEDS, EACH = (14, *(pytest.param(seed, marks=pytest.mark.long) for seed in (15, 16, 17, 18))), 1_000
"""The fast tests take the templates of one seed, the whole run those of all."""

RECORD: dict[str, Any] = {
    "name": "x" * 20_000,
    "text": "Ayşe {{ record.name }} <b>" * 50,
    "list": [{"a": "y" * 300, "b": [1, 2]}] * MAX_TURNS,
    "long": [1] * (MAX_TURNS + 1),
    "tags": ["a", None, "ﬁ", ""],
    "number": "12345678901234567890.5",
    "huge": 10**50,
    "at": "2026-03-05T14:07:09Z",
    "deep": {"deep": {"deep": {"name": "z"}}},
    "language": "tr",
}
CONTEXT = {"record": RECORD, "event": {"data": {"list": [1, 2, 3], "name": "e"}, "type": "x"}, "language": "hu"}
ROOTS = (
    *("record.name", "record.text", "record.list", "record.long", "record.tags", "record.number", "record.huge"),
    *("record.at", "record.deep", "record.missing.x", "event.data.list", "event.data['name']", "'q'", "12", "1.5"),
    *("none", "true", "-record.number", "record.list[0]", "record.list[-1].a"),
)
LISTS = ("record.list", "record.long", "record.tags", "event.data.list", "record.name", "record.deep", "record.missing")
IN_A_LOOP = ("a", "a.a", "a.b", "loop.index", "loop.last", "loop.length")
FITTING = {
    "date": ("", "('%Y')", "('long')", "('%B', 'UTC')", "('%A' , record.name)"),
    "datetime": ("", "('full')"),
    "default": ("('x')", "(record.list, true)"),
    "first_of": ("", "(record.name, 1)"),
    "hour": ("", "('UTC')"),
    "join": ("", "(record.name)", "(', ')"),
    "money": ("", "('TRY')", "('HUF', 2000000000)", "(digits=record.huge)"),
    "number": ("", "(2000000000)", "(-5)", "(record.name)"),
    "or_else": ("(record.list)", "('x')"),
    "percent": ("", "(3)"),
    "phone": ("", "('link')"),
    "replace": ("('x', record.name)", "('', 'y')", "(record.name, '')"),
    "round": ("", "(2, 'ceil')", "(record.huge)"),
    "time": ("", "('medium')"),
    "to_sentence": ("", "('or')"),
    "trim": ("", "(record.name)"),
    "truncate": ("", "(9)", "(2000000000)", "(5, true, record.name)"),
}
"""Filter → arguments of which most fit."""

OPERATORS = ("==", "!=", "<", ">=", "in", "not in", "and", "or")
ODD_OPERATORS = ("~", "+", "*", "**")
JUNK = (
    *("{{", "}}", "{%", "%}", "{#", "#}", "|", "(", ")", "[", "]", ".", "'", '"', "\\", "\n", "\0", "\u202e", "ｅ"),
    *("__class__", "range(9)", "{% raw %}", "{% endraw %}", "{%- ", " -%}", "%", "$", "𝒙", "\ud83d"),
)


class Writer:
    """Write random templates of bounded size."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def template(self) -> str:
        """Write a template; now and then with a part of it replaced by junk."""
        source = "".join(self._part(2) for _ in range(self._random.randint(1, 2)))
        for _ in range(self._random.choice((0, 0, 0, 0, 1, 3))):
            place = self._random.randint(0, len(source))
            source = source[:place] + self._random.choice(JUNK) + source[place + self._random.randint(0, 5) :]
        return source

    def _part(self, depth: int, *, looped: bool = False) -> str:
        kind = self._random.randint(0, 9 if depth else 4)
        if kind < 3:
            return f"{{{{ {self._expression(1, looped=looped)} }}}}"
        if kind < 5:
            return self._random.choice(("text ", "<i>", "ş" * 50, "x" * 300))
        body = "".join(self._part(depth - 1, looped=looped or kind > 6) for _ in range(self._random.randint(0, 3)))
        if kind < 7:
            return f"{{% if {self._expression(1, looped=looped)} %}}{body}{{% else %}}-{{% endif %}}"
        if looped and self._random.random() < 0.9:
            return body
        test = f" if {self._expression(1, looped=True)}" if self._random.random() < 0.3 else ""
        return f"{{% for a in {self._random.choice(LISTS)}{test} %}}{body}{{% endfor %}}"

    def _expression(self, depth: int, *, looped: bool) -> str:
        found = self._random.choice((*ROOTS, *IN_A_LOOP * 3) if looped else ROOTS)
        for _ in range(self._random.choice((0, 0, 1, 1, 2, 3, 5))):
            name = self._random.choice(NAMES)
            found += f"|{name}{self._random.choice(FITTING.get(name, ('',)))}"
        if depth and self._random.random() < 0.2:
            known = OPERATORS if self._random.random() < 0.9 else ODD_OPERATORS
            found = f"({found} {self._random.choice(known)} {self._expression(depth - 1, looped=looped)})"
        return found


NAMES = sorted(filters.NAMES - {filters.LAST})


class Counted(Budget):
    """Remember the most that was written, and what was spent."""

    def __init__(self) -> None:
        super().__init__()
        self.most = 0
        BUDGETS.append(self)

    def count(self, characters: int) -> None:
        self.most = max(self.most, self.written + characters)
        super().count(characters)


BUDGETS: list[Counted] = []


def savable(source: str, part: str) -> MessageTemplate | None:
    try:
        template = parse_message_template({"name": "T", "texts": {"en": {part: source, "text": source}}})
    except Invalid:
        return None
    return None if check_message_template(template) else template


@pytest.mark.parametrize("seed", SEEDS)
def test_random_templates_neither_hang_nor_grow(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whenthen.domain.stored_templates.rendering.Budget", Counted)
    BUDGETS.clear()
    random = Random(seed)  # noqa: S311 - the same templates in each run
    writer = Writer(random)
    rendered = refused = unsaved = 0
    for _ in range(EACH):
        template = savable(writer.template(), random.choice(("text", "text", "html")))
        if template is None:
            unsaved += 1
            continue
        try:
            found = render_message(template, Channel.ANY, CONTEXT, "t")
        except Invalid:
            refused += 1
        else:
            rendered += 1
            assert max(len(found.text), len(found.html)) <= MAX_RENDERED
            assert BUDGETS[-1].work >= 0
    # Each of the three happens often, so that none of the bounds is looked at in vain.
    assert min(rendered, refused, unsaved) > 100, (rendered, refused, unsaved)
    # A rendering stops at the first value that is beyond its bounds: no filter makes a longer one than MAX_RENDERED.
    assert max(each.most for each in BUDGETS) <= 2 * MAX_RENDERED
    # What is paid for is paid before it is done, so one value alone can be what was too much.
    assert MAX_WORK < max(MAX_WORK - each.work for each in BUDGETS) < 3 * MAX_WORK
