"""Keep the texts of all languages.

python -m dev.messages update           extract the codes from the sources and bring every catalogue to them
python -m dev.messages check            tell what is missing, fuzzy, unused or wrong, and which calls are; 1 if any
python -m dev.messages add FILE.json …  put texts into the catalogues: {code: {language: text or [forms]}}
python -m dev.messages compile          compile the catalogues for programs that run from this checkout
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from dev.messages import calls, catalogues, checking
from dev.messages.extraction import ExtractionFailed, declarations
from dev.paths import ROOT


def _update(_: argparse.Namespace) -> int:
    declared = declarations()
    before = catalogues.load()
    after = catalogues.updated(before, declared)
    _tell(catalogues.save(after))
    for language, catalogue in before.items():
        codes = {catalogues.code_of(message) for message in catalogue if message.id}
        for code in sorted(codes - declared.keys()):
            print(f"{language}: {code}: dropped, nothing declares it")
    return 0


def _check(_: argparse.Namespace) -> int:
    found = [*calls.wrong_calls(), *checking.problems(catalogues.load(), declarations())]
    print("\n".join(found) or "All texts are there.")
    return 1 if found else 0


def _add(arguments: argparse.Namespace) -> int:
    known = catalogues.load()
    for file in arguments.files:
        try:
            catalogues.merge(known, json.loads(file.read_text(encoding="utf-8")))
        except KeyError as error:
            print(f"{file}: there is no language {error}")
            return 1
    _tell(catalogues.save(catalogues.updated(known, declarations(), keep_undeclared=True)))
    return 0


def _compile(_: argparse.Namespace) -> int:
    _tell(catalogues.compile_all())
    return 0


def _tell(written: Iterable[Path]) -> None:
    for file in written:
        print(f"wrote {file.relative_to(ROOT)}")


_COMMANDS = {"update": _update, "check": _check, "add": _add, "compile": _compile}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 1 if it fails."""
    parser = argparse.ArgumentParser(prog="python -m dev.messages", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    commands = parser.add_subparsers(dest="command", required=True)
    for name in _COMMANDS:
        command = commands.add_parser(name)
        if name == "add":
            command.add_argument("files", nargs="+", type=Path, metavar="FILE.json")
    parsed = parser.parse_args(arguments)
    try:
        return _COMMANDS[parsed.command](parsed)
    except ExtractionFailed as failed:
        print(f"FAILED: {failed}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
