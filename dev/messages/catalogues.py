"""Read, update and write the catalogues: sorted by code, without times and places, so that diffs show texts alone."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from dev.files import replace_file
from dev.messages.extraction import SOURCES, Declaration

DOMAIN = "whenthen"
LOCALES = SOURCES / "locales"
ENGLISH = "en"

_ENGLISH = "English: "
_FORMS = " | "

Catalogues = dict[str, Catalog]
"""Language → its catalogue."""

Texts = str | Sequence[str]
"""A text, or its plural forms. Where a language has more forms, the last one stands for the rest."""


def languages(locales: Path = LOCALES) -> list[str]:
    """List the languages that have a folder, English first."""
    return sorted((path.name for path in locales.iterdir() if path.is_dir()), key=lambda name: (name != ENGLISH, name))


def file_of(language: str, locales: Path = LOCALES, suffix: str = "po") -> Path:
    """Return where a language's catalogue is."""
    return locales / language / "LC_MESSAGES" / f"{DOMAIN}.{suffix}"


def load(locales: Path = LOCALES) -> Catalogues:
    """Read all catalogues; a language without a file has an empty one."""
    return {language: _load(file_of(language, locales), language) for language in languages(locales)}


def _load(file: Path, language: str) -> Catalog:
    if not file.exists():
        return Catalog(locale=language, charset="utf-8")
    with file.open("rb") as source:
        return read_po(source, locale=language, charset="utf-8")


def rendered(catalogue: Catalog) -> str:
    """Write a catalogue as text, with a header that says nothing of when and by whom."""
    body = io.BytesIO()
    write_po(body, catalogue, width=0, no_location=True, omit_header=True, sort_output=True)
    header = [
        f"Language: {catalogue.locale_identifier}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        f"Plural-Forms: {catalogue.plural_forms}",
    ]
    lines = "\n".join(f'"{line}\\n"' for line in header)
    return f'msgid ""\nmsgstr ""\n{lines}\n\n{body.getvalue().decode()}'.rstrip() + "\n"


def save(catalogues: Catalogues, locales: Path = LOCALES) -> list[Path]:
    """Write the catalogues that are not as their files; return the files written."""
    written = []
    for language, catalogue in catalogues.items():
        file, text = file_of(language, locales), rendered(catalogue)
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            replace_file(file, text.encode())
            written.append(file)
    return written


def updated(
    catalogues: Catalogues, declared: Mapping[str, Declaration], *, keep_undeclared: bool = False
) -> Catalogues:
    """Bring all catalogues to the declarations: add what is missing without text, drop what nothing declares.

    A translation carries the English text that it was made from. Where that has changed, it becomes fuzzy.
    """
    english = _updated(catalogues[ENGLISH], declared, None, keep_undeclared=keep_undeclared)
    others = {
        language: _updated(catalogue, declared, english, keep_undeclared=keep_undeclared)
        for language, catalogue in catalogues.items()
        if language != ENGLISH
    }
    return {ENGLISH: english, **others}


def _updated(
    old: Catalog, declared: Mapping[str, Declaration], english: Catalog | None, *, keep_undeclared: bool
) -> Catalog:
    new = Catalog(locale=old.locale_identifier, charset="utf-8")
    known = {code_of(message): message for message in old if message.id}
    if keep_undeclared:
        kept = {code: _declaration_in(message) for code, message in known.items() if code not in declared}
        declared = {**declared, **kept}
    for code, declaration in declared.items():
        message = known.get(code)
        comments = [*declaration.comments]
        if declaration.parameters:
            comments.append(f"Parameters: {', '.join(declaration.parameters)}.")
        flags = set() if message is None else {*message.flags} & {"fuzzy"}
        if english is not None and (source := english.get(code)) and any(forms_of(source)):
            comments.append(_normal(_ENGLISH + _FORMS.join(forms_of(source))))
            if message is not None and (made_from := _made_from(message)) and made_from != comments[-1]:
                flags.add("fuzzy")
        texts = forms_of(message) if message is not None else [""]
        _put(new, declaration, texts, comments, flags)
    return new


def _put(
    catalogue: Catalog, declaration: Declaration, texts: Sequence[str], comments: Iterable[str], flags: Iterable[str]
) -> None:
    code = declaration.code
    if declaration.plural:
        forms = [*texts, *[texts[-1]] * catalogue.num_plurals][: catalogue.num_plurals]
        catalogue.add((code, code), tuple(forms), auto_comments=comments, flags=flags)
    else:
        catalogue.add(code, texts[-1], auto_comments=comments, flags=flags)


def merge(catalogues: Catalogues, texts: Mapping[str, Mapping[str, Texts]]) -> None:
    """Put texts, code → language → text, into the catalogues. Raises KeyError for a language without a folder."""
    for code, by_language in texts.items():
        for language, given in by_language.items():
            catalogue = catalogues[language]
            forms = [given] if isinstance(given, str) else [*given]
            catalogue.delete(code)
            # The comments come with the update: without that of the English text, the translation counts as fresh.
            _put(catalogue, Declaration(code, ("count",) if len(forms) > 1 else ()), forms, (), ())


def code_of(message: Message) -> str:
    """Return a message's code; its plural has the same."""
    return message.id if isinstance(message.id, str) else message.id[0]


def forms_of(message: Message) -> list[str]:
    """Return a message's text, or its plural forms."""
    return [message.string or ""] if isinstance(message.string, str | None) else [each or "" for each in message.string]


def _declaration_in(message: Message) -> Declaration:
    """Return the declaration of a code that the sources do not have yet, as far as the message tells of it."""
    return Declaration(code_of(message), ("count",) if message.pluralizable else ())


def _made_from(message: Message) -> str:
    """Return the comment with the English text that a translation was made from; Babel breaks it into lines."""
    _, found, text = _normal(" ".join(message.auto_comments)).partition(_ENGLISH)
    return found + text


def _normal(text: str) -> str:
    return " ".join(text.split())


def compile_all(locales: Path = LOCALES) -> list[Path]:
    """Compile each catalogue whose `.mo` is missing or older; return the files written. Fuzzy texts are left out."""
    written = []
    for language in languages(locales):
        source, compiled = file_of(language, locales), file_of(language, locales, "mo")
        if not compiled.exists() or compiled.stat().st_mtime_ns < source.stat().st_mtime_ns:
            content = io.BytesIO()
            write_mo(content, _load(source, language))
            replace_file(compiled, content.getvalue())
            written.append(compiled)
    return written
