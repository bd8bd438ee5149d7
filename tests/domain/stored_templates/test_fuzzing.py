"""Five thousand random templates: each is refused, or rendered within its bounds of work and length."""

from __future__ import annotations

from random import Random
from typing import Any

from whenthen.domain.common.errors import Invalid
from whenthen.domain.stored_templates.message_template import Channel, MessageTemplate
from whenthen.domain.stored_templates.reading import check_message_template, parse_message_template
from whenthen.domain.stored_templates.rendering import render_message
from whenthen.domain.templating import budget, filters
from whenthen.domain.templating.budget import MAX_RENDERED, MAX_WORK, Budget
from whenthen.domain.templating.loops import MAX_TURNS

SEED, COUNT = 14, 5_000

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
ROOTS = ("record.name", "record.text", "record.list", "record.long", "record.tags", "record.number", "record.huge",
         "record.at", "record.deep", "record.missing.x", "event.data.list", "event.data['name']", "now", "a", "loop.index",
         "'q'", "12", "1.5", "none", "true", "-record.number", "record.list[0]", "record.list[-1].a")  # fmt: skip
ARGUMENTS = ("", "(1)", "(2000000000)", "('a', record.name)", "(record.name)", "('TRY')", "('%Y' )", "('long')",
             "(record.at, 'UTC')", "(default=1)", "('', record.name)", "(-5)", "('or')", "(none)")  # fmt: skip
OPERATORS = ("==", "!=", "<", ">=", "in", "not in", "and", "or", "~", "+", "*", "**")
JUNK = ("{{", "}}", "{%", "%}", "{#", "#}", "|", "(", ")", "[", "]", ".", "'", '"', "\\", "\n", "\0", "\u202e", "ｅ",
        "__class__", "range(9)", "{% raw %}", "{% endraw %}", "{%- ", " -%}", "%", "$", "𝒙", "\ud83d")  # fmt: skip


class Writer:
    """Write random templates of bounded size."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def template(self) -> str:
        """Write a template; now and then with a part of it replaced by junk."""
        source = "".join(self._part(3) for _ in range(self._random.randint(1, 6)))[:4_000]
        for _ in range(self._random.choice((0, 0, 0, 1, 3))):
            place = self._random.randint(0, len(source))
            source = source[:place] + self._random.choice(JUNK) + source[place + self._random.randint(0, 5) :]
        return source

    def _part(self, depth: int) -> str:
        kind = self._random.randint(0, 9 if depth else 4)
        if kind < 3:
            return f"{{{{ {self._expression(2)} }}}}"
        if kind < 5:
            return self._random.choice(("text ", "<i>", "ş" * 50, "x" * 500))
        body = "".join(self._part(depth - 1) for _ in range(self._random.randint(0, 4)))
        if kind < 7:
            return f"{{% if {self._expression(2)} %}}{body}{{% else %}}{self._part(0)}{{% endif %}}"
        test = f" if {self._expression(1)}" if self._random.random() < 0.3 else ""
        return f"{{% for a in {self._random.choice(ROOTS)}{test} %}}{body}{{% endfor %}}"

    def _expression(self, depth: int) -> str:
        found = self._random.choice(ROOTS)
        for _ in range(self._random.choice((0, 0, 1, 2, 5, 6))):
            found += f"|{self._random.choice(sorted(filters.NAMES))}{self._random.choice(ARGUMENTS)}"
        if depth and self._random.random() < 0.3:
            found = f"({found} {self._random.choice(OPERATORS)} {self._expression(depth - 1)})"
        return found


class Counted(Budget):
    """Remember the most that any rendering of the test did and wrote."""

    made: list[Counted] = []

    def __init__(self, work: int = MAX_WORK) -> None:
        super().__init__(work)
        self.most = 0
        self.made.append(self)

    def count(self, characters: int) -> None:
        self.most = max(self.most, self.written + characters)
        super().count(characters)


def savable(source: str) -> MessageTemplate | None:
    try:
        template = parse_message_template({"name": "T", "texts": {"en": {"text": source, "html": source}}})
    except Invalid:
        return None
    return None if check_message_template(template) else template


def test_random_templates_neither_hang_nor_grow(monkeypatch: Any) -> None:
    for module in ("whenthen.domain.stored_templates.rendering", "whenthen.domain.templating.templates"):
        monkeypatch.setattr(f"{module}.Budget", Counted)
    monkeypatch.setattr(Counted, "made", [])
    writer = Writer(Random(SEED))  # noqa: S311 - the same templates in each run
    rendered = refused = unsaved = 0
    for _ in range(COUNT):
        template = savable(writer.template())
        if template is None:
            unsaved += 1
            continue
        try:
            found = render_message(template, Channel.ANY, CONTEXT, "t")
        except Invalid:
            refused += 1
        else:
            rendered += 1
            assert len(found.text) <= MAX_RENDERED
            assert len(found.html) <= MAX_RENDERED
            assert Counted.made[-1].work >= 0
    assert unsaved + refused + rendered == COUNT
    # Each of the three happens often, so that none of the bounds is looked at in vain.
    assert min(rendered, refused) > 500
    # No single value or text is longer than all that one rendering may read or write: then it stops.
    assert max(each.most for each in Counted.made) <= MAX_RENDERED + budget.MAX_RENDERED
    assert min(each.work for each in Counted.made) >= -MAX_WORK * 30
