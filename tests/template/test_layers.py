"""The layers' Makefiles: bytecode of the deployed Python, or a failure that says what to do and builds nothing."""

from __future__ import annotations

import gettext
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import babel
import pytest

from dev.messages import catalogues
from dev.pythons import DEPLOYED, deployed_python
from tests.template.reading import ROOT
from whenthen.domain.temporal.calendar_settings import LANGUAGES

LAYERS = {"dependencies": "build-DependenciesLayer", "whenthen": "build-WhenthenLayer"}
IS_DEPLOYED = sys.version_info[:2] == DEPLOYED


def build(layer: str, target: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run make as `sam build` does: the layer's own Makefile, in a copy of its folder."""
    copy = target.parent / "source"
    shutil.copytree(ROOT / "layers" / layer, copy, ignore=shutil.ignore_patterns("__pycache__"))
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("WHENTHEN_", "MAKE"))}
    return subprocess.run(  # noqa: S603 - our own Makefile
        ["make", "--makefile", str(ROOT / "layers" / layer / "Makefile"), LAYERS[layer]],  # noqa: S607
        cwd=copy,
        env={**inherited, "ARTIFACTS_DIR": str(target), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def magic_numbers(target: Path) -> set[bytes]:
    """The first bytes of all compiled modules: they tell which Python made them."""
    return {file.read_bytes()[:4] for file in target.rglob("*.pyc")}


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("shim", ["echo 'pyenv: command not found' >&2; exit 127", "exit 1"], ids=["shim", "other"])
def test_without_the_deployed_python_nothing_is_built_and_it_says_why(layer: str, shim: str, tmp_path: Path) -> None:
    python = tmp_path / "python3.13"
    python.write_text(f"#!/bin/sh\n{shim}\n")
    python.chmod(0o755)
    done = build(layer, tmp_path / "built", PATH=f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert done.returncode != 0
    assert "python3.13 is no Python 3.13 that runs" in done.stderr
    assert "WHENTHEN_DEPLOYED_PYTHON=" in done.stderr
    assert not (tmp_path / "built").exists()


@pytest.mark.skipif(IS_DEPLOYED, reason="this is the deployed version")
def test_a_python_of_another_version_is_refused(tmp_path: Path) -> None:
    done = build("whenthen", tmp_path / "built", WHENTHEN_DEPLOYED_PYTHON=sys.executable)
    assert done.returncode != 0
    assert f"{sys.executable} is no Python 3.13" in done.stderr


def test_every_module_is_compiled_by_the_deployed_python(tmp_path: Path) -> None:
    deployed = deployed_python()
    if deployed is None:
        pytest.skip("there is no deployed Python here")
    done = build("whenthen", tmp_path / "built", WHENTHEN_DEPLOYED_PYTHON=deployed.executable)
    assert done.returncode == 0, done.stderr
    tell = "import importlib.util; print(importlib.util.MAGIC_NUMBER.hex())"
    told = subprocess.run([deployed.executable, "-c", tell], capture_output=True, text=True, check=True)  # noqa: S603
    assert magic_numbers(tmp_path / "built") == {bytes.fromhex(told.stdout.strip())}
    built = tmp_path / "built/python/whenthen"
    assert len(list(built.rglob("*.pyc"))) == len(list(built.rglob("*.py"))) > 100


def test_the_local_stack_compiles_with_its_own_python(tmp_path: Path) -> None:
    variables = {"WHENTHEN_WHEELS": "local", "WHENTHEN_PYTHON": sys.executable, "WHENTHEN_DEPLOYED_PYTHON": "/nowhere"}
    done = build("whenthen", tmp_path / "built", **variables)
    assert done.returncode == 0, done.stderr
    assert magic_numbers(tmp_path / "built") == {importlib.util.MAGIC_NUMBER}


def test_both_layers_are_compiled_by_the_same_lines() -> None:
    texts = [(ROOT / "layers" / layer / "Makefile").read_text() for layer in LAYERS]
    first, other = (text.partition("# Lambda cannot keep")[2].partition(".PHONY: build-")[0] for text in texts)
    assert len(first) > 500
    assert first == other


def test_the_texts_of_every_language_are_compiled_and_their_sources_left_out(tmp_path: Path) -> None:
    done = build("whenthen", tmp_path / "built", WHENTHEN_WHEELS="local", WHENTHEN_PYTHON=sys.executable)
    assert done.returncode == 0, done.stderr
    locales = tmp_path / "built" / "python" / "whenthen" / "locales"
    made = [file.relative_to(locales).as_posix() for file in locales.rglob("*") if file.is_file()]
    assert sorted(made) == [f"{language}/LC_MESSAGES/whenthen.mo" for language in sorted(catalogues.languages())]
    assert gettext.translation("whenthen", locales, ["hu"]).gettext("weekday.mon") == "hétfő"


def pruned_babel(target: Path) -> Path:
    """Babel as the layer has it: installed, then pruned by the command of the layer's Makefile."""
    package = target / "python/babel"
    shutil.copytree(Path(babel.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    told = subprocess.run(
        ["make", "--eval", "prune: ; $(PRUNE_BABEL)", "prune"],  # noqa: S607
        cwd=ROOT / "layers/dependencies",
        env={**os.environ, "ARTIFACTS_DIR": str(target)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    return package


WRITTEN = """
from datetime import date, datetime
from decimal import Decimal
from whenthen.domain.localisation import dates, lists, numbers
from whenthen.domain.temporal.calendar_settings import LANGUAGES
for tag in (*LANGUAGES, "en-GB", "en-XX", "he-IL", "de-AT"):
    day, now = date(2026, 3, 5), datetime(2026, 3, 5, 17, 7)
    print([dates.date_in(day, style, tag) for style in dates.STYLES], dates.moment_in(now, "medium", tag))
    for code in ("TRY", "HUF", "USD", "XYZ"):
        print(numbers.money_in(Decimal(5000), code, numbers.decimals_of(code), tag))
    print(numbers.decimal_in(Decimal(5000), 2, tag), lists.sentence_in(["a", "b", "c"], "and", tag))
"""


def test_the_layer_keeps_babel_s_data_of_our_languages_and_writes_the_same_by_it(tmp_path: Path) -> None:
    package = pruned_babel(tmp_path)
    kept = {file.stem.split("_")[0] for file in (package / "locale-data").glob("*.dat")}
    assert kept == {"root", *LANGUAGES}
    assert sum(file.stat().st_size for file in package.rglob("*") if file.is_file()) < 5_000_000
    own = os.pathsep.join((str(ROOT / "layers/whenthen"), *sys.path))
    whole, pruned = (
        subprocess.run(  # noqa: S603
            [sys.executable, "-c", WRITTEN],
            env={**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
        ).stdout
        for path in (own, os.pathsep.join((str(package.parent), own)))
    )
    assert "₺5.000,00" in whole.decode()
    assert pruned == whole
