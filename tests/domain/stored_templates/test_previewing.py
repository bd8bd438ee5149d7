"""Fields that a text names and a record does not have."""

from __future__ import annotations

from datetime import UTC, datetime

from whenthen.domain.stored_templates.previewing import missing_fields

CONTEXT = {
    "record": {"name": "Ayşe", "note": " ", "tags": [], "zero": 0, "no": False, "lines": [{"price": 5}], "null": None},
    "event": {"data": {"a": {"b": "c"}}},
    "related": {},
    "now": datetime(2026, 3, 14, tzinfo=UTC),
}


def test_missing_and_blank_fields_are_named_once_and_in_order() -> None:
    texts = (
        "{{ record.note }} {{ record.name }} {{ record.tags|join }} {{ record.null }} {{ record.none.deep }}",
        "{{ record.note }} {{ related.agent.name }} {{ event.data.a.b }} {{ event.data.a.c }}",
    )
    assert missing_fields(texts, CONTEXT) == (
        "event.data.a.c", "record.none.deep", "record.note", "record.null", "record.tags", "related.agent.name",
    )  # fmt: skip


def test_nought_and_no_are_values_and_now_has_all_its_fields() -> None:
    assert missing_fields(["{{ record.zero }} {{ record.no }} {{ now.year }} {{ now }}"], CONTEXT) == ()


def test_items_of_lists_and_the_lists_of_loops() -> None:
    text = (
        "{{ record.lines[0].price }} {{ record.lines[1].price }}"
        "{% for line in record.lines %}{{ line.none }}{% endfor %}{% for line in record.parts %}{% endfor %}"
    )
    assert missing_fields([text], CONTEXT) == ("record.lines.1.price", "record.parts")


def test_a_text_without_places_lacks_nothing() -> None:
    assert missing_fields(["Hello", "{{ broken"], CONTEXT) == ()
