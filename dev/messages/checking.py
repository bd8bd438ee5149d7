"""Find the texts that are missing, fuzzy or unused, and those whose placeholders are not the declared parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog, Message

from dev.messages.catalogues import LOCALES, Catalogues, code_of, file_of, forms_of, rendered, updated
from dev.messages.extraction import COUNT, Declaration


def problems(catalogues: Catalogues, declared: Mapping[str, Declaration], locales: Path = LOCALES) -> Iterator[str]:
    """Yield everything wrong with the catalogues, as `language: code: problem`."""
    found = False
    for language, catalogue in catalogues.items():
        for problem in _in_catalogue(catalogue, declared):
            found = True
            yield f"{language}: {problem}"
    if not found:
        for language, catalogue in updated(catalogues, declared).items():
            file = file_of(language, locales)
            if not file.exists() or file.read_text(encoding="utf-8") != rendered(catalogue):
                yield f"{language}: {file.name} is not as extracted: run make messages"


def _in_catalogue(catalogue: Catalog, declared: Mapping[str, Declaration]) -> Iterator[str]:
    messages = {code_of(message): message for message in catalogue if message.id}
    for code in sorted(declared.keys() | messages.keys()):
        if code not in declared:
            yield f"{code}: nothing declares it"
        elif code not in messages or not all(forms_of(messages[code])):
            yield f"{code}: has no text"
        else:
            yield from (f"{code}: {problem}" for problem in _in_message(messages[code], declared[code]))
    yield from (f"{code}: is marked obsolete" for code in map(str, catalogue.obsolete))


def _in_message(message: Message, declaration: Declaration) -> Iterator[str]:
    if message.fuzzy:
        yield "is fuzzy: the English text changed since; correct the text and remove the flag"
    if message.pluralizable != declaration.plural:
        yield f"must have {'plural forms' if declaration.plural else 'one form'}: run make messages"
        return
    *specific, general = forms_of(message)
    wanted = set(declaration.parameters)
    for text in specific:
        # A form that is for one number alone may say it in words.
        yield from _placeholders(text, wanted, wanted - {COUNT})
    yield from _placeholders(general, wanted, wanted)


def _placeholders(text: str, allowed: set[str], required: set[str]) -> Iterator[str]:
    try:
        parts = [(name, spec, conversion) for _, name, spec, conversion in Formatter().parse(text) if name is not None]
    except ValueError as error:
        yield f"cannot be formatted: {error}"
        return
    used = {name for name, _, _ in parts}
    if not required <= used <= allowed:
        yield f"must use {_braced(required)}, not {_braced(used)}"
    if any(spec or conversion for _, spec, conversion in parts):
        yield "must use its parameters as they are, without conversion and format"


def _braced(names: set[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names)) or "no placeholder"
