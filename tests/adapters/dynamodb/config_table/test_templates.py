"""Stored templates and their versions on the config table, and the book by which channels read them."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tests.adapters.samples import NOW
from tests.adapters.tables import CONFIG
from whenthen.adapters.dynamodb.config_table.templates import KEPT_FOR, DynamoTemplateBook, DynamoTemplates
from whenthen.domain.common.errors import NotFound, Stale, TooLarge
from whenthen.domain.stored_templates.message_template import Texts
from whenthen.ports.reason_codes import TEMPLATE_NOT_FOUND, TEMPLATE_VERSION_NOT_FOUND
from whenthen.ports.templates import StoredTemplate


def stored(text: str = "Hello", version: int = 1, template_id: str = "template_1") -> StoredTemplate:
    document = {"name": "T", "channel": "sms", "texts": {"en": {"text": text}}, "id": template_id}
    return StoredTemplate(template_id, version, document, NOW, "key_1", "doc_1")


class Seconds:
    """A clock that a test moves."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def templates(dynamodb: Any) -> DynamoTemplates:
    return DynamoTemplates(dynamodb, CONFIG)


def test_a_template_comes_back_as_it_was_saved(templates: DynamoTemplates) -> None:
    templates.save(stored(), None)
    assert templates.get("template_1") == templates.get_version("template_1", 1) == stored()
    for missing in ("template_2", ""):
        with pytest.raises(NotFound) as error:
            templates.get(missing)
        assert error.value.reason == TEMPLATE_NOT_FOUND(template=missing)


def test_each_version_stays_readable(templates: DynamoTemplates) -> None:
    first, second = stored(), stored("Hi", 2)
    templates.save(first, None)
    templates.save(second, first)
    assert templates.get("template_1") == second
    assert [templates.get_version("template_1", number) for number in (1, 2)] == [first, second]
    with pytest.raises(NotFound) as error:
        templates.get_version("template_1", 3)
    assert error.value.reason == TEMPLATE_VERSION_NOT_FOUND(template="template_1", version=3)


def test_of_two_writers_one_is_stale(templates: DynamoTemplates) -> None:
    first, second = stored(), stored("Hi", 2)
    templates.save(first, None)
    for late, replaces in ((stored("Again"), None), (stored("Other", 3), second)):
        with pytest.raises(Stale):
            templates.save(late, replaces)
    templates.save(second, first)
    with pytest.raises(Stale):
        templates.save(replace(second, updated_by="another"), first)
    with pytest.raises(Stale):
        templates.delete(first)
    assert templates.get("template_1") == second


def test_a_deleted_template_leaves_its_versions_and_gives_its_id_to_no_other(templates: DynamoTemplates) -> None:
    templates.save(stored(), None)
    templates.delete(stored())
    with pytest.raises(NotFound):
        templates.get("template_1")
    assert templates.get_version("template_1", 1) == stored()
    with pytest.raises(Stale):
        templates.save(stored("Another"), None)


def test_templates_are_listed_page_by_page(templates: DynamoTemplates) -> None:
    for number in range(3):
        templates.save(stored(template_id=f"template_{number}"), None)
    first = templates.list(limit=2, cursor=None)
    second = templates.list(limit=2, cursor=first.cursor)
    assert [each.id for each in (*first.items, *second.items)] == ["template_0", "template_1", "template_2"]
    assert second.cursor is None


def test_one_that_an_item_cannot_hold_is_too_large(templates: DynamoTemplates) -> None:
    with pytest.raises(TooLarge):
        templates.save(stored("".join(map(str, range(250_000)))), None)


def test_a_channel_reads_a_template_once_in_ten_seconds(dynamodb: Any, templates: DynamoTemplates) -> None:
    seconds = Seconds()
    book = DynamoTemplateBook(dynamodb, CONFIG, seconds)
    templates.save(stored(), None)
    assert book.current("template_1").texts == {"en": Texts(text="Hello")}
    templates.save(stored("Hi", 2), stored())
    seconds.now += KEPT_FOR - 1
    assert book.current("template_1").texts == {"en": Texts(text="Hello")}
    seconds.now += 1
    assert book.current("template_1").texts == {"en": Texts(text="Hi")}


def test_a_channel_learns_that_a_template_is_gone_or_there_again(dynamodb: Any, templates: DynamoTemplates) -> None:
    seconds = Seconds()
    book = DynamoTemplateBook(dynamodb, CONFIG, seconds)
    with pytest.raises(NotFound):
        book.current("template_1")
    templates.save(stored(), None)
    assert book.current("template_1").name == "T"
    templates.delete(stored())
    seconds.now += KEPT_FOR
    with pytest.raises(NotFound):
        book.current("template_1")


def test_a_book_keeps_a_bounded_number_of_templates(dynamodb: Any, templates: DynamoTemplates) -> None:
    book = DynamoTemplateBook(dynamodb, CONFIG, Seconds())
    for number in range(203):
        templates.save(stored(template_id=f"template_{number}"), None)
        book.current(f"template_{number}")
    assert len(book._kept) == 3
