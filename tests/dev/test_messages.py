"""The tool that keeps the texts: extraction, updates, checks, additions, and what gettext reads of it."""

from __future__ import annotations

import gettext
import json
from pathlib import Path

import pytest

from dev.messages import calls, catalogues, checking
from dev.messages.extraction import Declaration, ExtractionFailed, declarations

SOURCE = """
TOO_MANY = ReasonCode("list.too_many", "found", "count")
# Says that nothing is left
# of the record.
GONE = ReasonCode("record.gone")
WAITS = Phrases("wait", {
    # Follows another.
    "after": "length",
    "until": "field length",
})
DAYS = Words("weekday", "mon "
             "tue")
"""

TEXTS: dict[str, dict[str, catalogues.Texts]] = {
    "list.too_many": {
        "en": ["one at most, there are {found}", "{count} at most, there are {found}"],
        "he": ["אחד, {found}", "{count}, {found}"],
    },
    "record.gone": {"en": "gone", "he": "נעלם"},
}
DECLARED = {
    "list.too_many": Declaration("list.too_many", ("count", "found")),
    "record.gone": Declaration("record.gone", (), ("Says that nothing is left of the record.",)),
}


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "whenthen"
    folder.mkdir()
    (folder / "module.py").write_text(SOURCE, encoding="utf-8")
    return folder


@pytest.fixture
def locales(tmp_path: Path) -> Path:
    for language in ("he", "en"):
        (tmp_path / "locales" / language).mkdir(parents=True)
    return tmp_path / "locales"


def added(locales: Path, texts: dict[str, dict[str, catalogues.Texts]] = TEXTS) -> list[Path]:
    """Add texts as the command does."""
    known = catalogues.load(locales)
    catalogues.merge(known, texts)
    return catalogues.save(catalogues.updated(known, DECLARED, keep_undeclared=True), locales)


def problems(locales: Path, declared: dict[str, Declaration] = DECLARED) -> list[str]:
    return list(checking.problems(catalogues.load(locales), declared, locales))


def test_codes_parameters_and_comments_are_extracted(sources: Path) -> None:
    assert declarations(sources) == {
        "list.too_many": Declaration("list.too_many", ("count", "found")),
        "record.gone": Declaration("record.gone", (), ("Says that nothing is left of the record.",)),
        "wait.after": Declaration("wait.after", ("length",), ("Follows another.",)),
        "wait.until": Declaration("wait.until", ("field", "length")),
        "weekday.mon": Declaration("weekday.mon"),
        "weekday.tue": Declaration("weekday.tue"),
    }


@pytest.mark.parametrize("source", ["ReasonCode(name)", 'Words("weekday", days)', 'Phrases("wait", table)', "Words()"])
def test_what_is_no_literal_cannot_be_extracted(sources: Path, source: str) -> None:
    (sources / "other.py").write_text(f"X = {source}\n")
    with pytest.raises(ExtractionFailed, match=r"other\.py:1"):
        declarations(sources)


def test_one_code_with_two_sets_of_parameters_is_refused(sources: Path) -> None:
    (sources / "other.py").write_text('GONE = ReasonCode("record.gone", "ref")\n')
    with pytest.raises(ExtractionFailed, match=r"record\.gone is declared elsewhere"):
        declarations(sources)


def test_added_texts_are_complete_and_adding_them_again_changes_nothing(locales: Path) -> None:
    assert len(added(locales)) == 2
    assert problems(locales) == []
    assert added(locales) == []


def test_a_catalogue_has_no_times_and_the_english_text_beside_each_translation(locales: Path) -> None:
    added(locales)
    text = catalogues.file_of("he", locales).read_text(encoding="utf-8")
    assert "Date" not in text
    assert str(locales) not in text
    assert "#. English: one at most, there are {found} | {count} at most, there are {found}\n" in text
    assert "#. Parameters: count, found.\n" in text
    assert text.index("list.too_many") < text.index("record.gone")


def test_a_language_with_more_plural_forms_repeats_the_last(locales: Path) -> None:
    added(locales)
    message = catalogues.load(locales)["he"].get("list.too_many")
    assert message is not None
    assert catalogues.forms_of(message) == ["אחד, {found}", "{count}, {found}", "{count}, {found}"]


def test_a_changed_english_text_makes_translations_fuzzy_until_they_are_renewed(locales: Path) -> None:
    added(locales)
    added(locales, {"record.gone": {"en": "gone for good"}})
    assert problems(locales) == [
        "he: record.gone: is fuzzy: the English text changed since; correct the text and remove the flag"
    ]
    added(locales, {"record.gone": {"he": "נעלם לתמיד"}})
    assert problems(locales) == []


def test_a_new_code_has_no_text_and_an_old_one_nothing_declares(locales: Path) -> None:
    added(locales)
    declared = {"list.too_many": DECLARED["list.too_many"], "record.new": Declaration("record.new")}
    assert problems(locales, declared) == [
        "en: record.gone: nothing declares it",
        "en: record.new: has no text",
        "he: record.gone: nothing declares it",
        "he: record.new: has no text",
    ]
    catalogues.save(catalogues.updated(catalogues.load(locales), declared), locales)
    assert problems(locales, declared) == [f"{language}: record.new: has no text" for language in ("en", "he")]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{count}", "must use {count}, {found}, not {count}"),
        ("{count} {found} {more}", "must use {count}, {found}, not {count}, {found}, {more}"),
        ("{count!r} {found}", "must use its parameters as they are, without conversion and format"),
        ("{count} {found", "cannot be formatted: expected '}' before end of string"),
    ],
)
def test_other_placeholders_than_the_parameters_are_found(locales: Path, text: str, problem: str) -> None:
    added(locales)
    added(locales, {"list.too_many": {"he": ["{found}", text]}})
    assert f"he: list.too_many: {problem}" in problems(locales)


def test_only_a_form_for_one_number_may_leave_it_out(locales: Path) -> None:
    added(locales, {**TEXTS, "list.too_many": {"en": ["{found}", "{found}"], "he": ["{found}", "{count} {found}"]}})
    assert problems(locales) == ["en: list.too_many: must use {count}, {found}, not {found}"]


def test_a_catalogue_that_was_not_updated_is_stale(locales: Path) -> None:
    added(locales)
    told = {**DECLARED, "record.gone": Declaration("record.gone", (), ("Another comment.",))}
    stale = "whenthen.po is not as extracted: run make messages"
    assert problems(locales, told) == [f"{language}: {stale}" for language in ("en", "he")]


def test_gettext_reads_what_was_compiled_and_compiling_again_is_no_work(locales: Path) -> None:
    added(locales)
    assert len(catalogues.compile_all(locales)) == 2
    assert catalogues.compile_all(locales) == []
    hebrew = gettext.translation("whenthen", locales, ["he"])
    assert hebrew.gettext("record.gone") == "נעלם"
    assert [hebrew.ngettext("list.too_many", "list.too_many", n) for n in (1, 5)] == [
        "אחד, {found}",
        "{count}, {found}",
    ]


def test_a_fuzzy_text_is_not_compiled(locales: Path) -> None:
    added(locales)
    added(locales, {"record.gone": {"en": "gone for good"}})
    catalogues.compile_all(locales)
    assert gettext.translation("whenthen", locales, ["he"]).gettext("record.gone") == "record.gone"


def test_a_language_is_added_with_its_folder(locales: Path) -> None:
    added(locales)
    (locales / "ar").mkdir()
    assert catalogues.languages(locales) == ["en", "ar", "he"]
    catalogues.save(catalogues.updated(catalogues.load(locales), DECLARED), locales)
    text = catalogues.file_of("ar", locales).read_text(encoding="utf-8")
    assert "nplurals=6" in text
    assert problems(locales) == ["ar: list.too_many: has no text", "ar: record.gone: has no text"]


def test_a_text_for_a_language_without_a_folder_is_refused(locales: Path) -> None:
    with pytest.raises(KeyError):
        added(locales, json.loads('{"record.gone": {"xx": "?"}}'))


def test_calls_with_other_parameters_are_found(sources: Path) -> None:
    (sources / "caller.py").write_text(
        "from whenthen.module import TOO_MANY, GONE as LOST\n"
        "TOO_MANY(count=1, found=2)\nTOO_MANY(count=1)\nLOST()\nLOST(ref=1)\nTOO_MANY(1, 2)\nTOO_MANY(**values)\n"
    )
    assert list(calls.wrong_calls(sources)) == [
        "whenthen.caller:3: takes (count, found), not (count)",
        "whenthen.caller:5: takes (), not (ref)",
        "whenthen.caller:6: a ReasonCode takes its parameters by name",
    ]


@pytest.mark.parametrize(
    ("value", "quotes"),
    [
        ("str(error)", True),
        ("str(error)[:200]", True),
        ("f'wrong: {error}'", True),
        ("error.message", True),
        ("shorten(error.args[0])", True),
        ("type(error).__name__", False),
        ("error.lineno", False),
        ("str(value)", False),
        ("known.message", False),
    ],
)
def test_the_words_of_an_exception_are_no_parameter_of_a_reason(sources: Path, value: str, quotes: bool) -> None:
    (sources / "caller.py").write_text(
        'UNREADABLE = ReasonCode("a.b", "detail")\n'
        f"try:\n    read()\nexcept ValueError as error:\n    raise Malformed(UNREADABLE(detail={value}))\n"
    )
    found = ["whenthen.caller:5: detail has the words of an exception"] if quotes else []
    assert list(calls.wrong_calls(sources)) == found
