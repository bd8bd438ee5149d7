"""The deployed Python is found by running it, wherever it is, and its absence is told with what to do."""

from __future__ import annotations

import re
import shlex
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dev import deployed_tests, pythons
from dev.deployed_tests import pytest_command
from dev.paths import ROOT
from dev.pythons import DEPLOYED, NAMED, VARIABLE, Python, asked, deployed_python, missing, this_python

Fake = Callable[..., Path]


@pytest.fixture
def fake(tmp_path: Path) -> Fake:
    """Make a program that answers as a Python of some version does, or fails as a shim of pyenv."""

    def made(folder: str, version: tuple[int, ...] | None, name: str = f"python{NAMED}") -> Path:
        file = tmp_path / folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        says = f"echo '[\"{file}\", {list(version)}]'" if version else "echo 'pyenv: command not found' >&2; exit 127"
        file.write_text(f"#!/bin/sh\n{says}\n")
        file.chmod(file.stat().st_mode | stat.S_IXUSR)
        return file

    return made


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine on which this Python is none of the deployed version, and no other is installed."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "this-python"))
    monkeypatch.setattr(pythons, "_FOLDERS", ("{HOME}/.pyenv/versions/{version}*/bin",))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'first'}:{tmp_path / 'second'}:/usr/bin:/bin")
    monkeypatch.setattr(pythons.shutil, "which", lambda name, path: _which(name, path, tmp_path))
    monkeypatch.delenv(VARIABLE, raising=False)
    deployed_python.cache_clear()
    yield tmp_path
    deployed_python.cache_clear()


def _which(name: str, folder: str, machine: Path) -> str | None:
    file = Path(folder) / name
    return str(file) if file.is_relative_to(machine) and file.exists() else None


def test_a_shim_that_refuses_to_run_is_passed_over(fake: Fake) -> None:
    fake("first", None)
    real = fake("second", (*DEPLOYED, 4))
    assert deployed_python() == Python(str(real), (*DEPLOYED, 4))


def test_a_python_of_another_version_under_that_name_is_passed_over(fake: Fake) -> None:
    fake("first", (3, 12, 1))
    assert deployed_python() is None


def test_it_is_found_where_pyenv_keeps_it_off_the_path(fake: Fake) -> None:
    fake("first", None)
    real = fake(f"home/.pyenv/versions/{NAMED}.0/bin", (*DEPLOYED, 0))
    assert deployed_python() == Python(str(real), (*DEPLOYED, 0))


def test_the_one_that_is_named_is_taken_and_no_other(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    fake("first", (*DEPLOYED, 1))
    named = fake("elsewhere", (*DEPLOYED, 2), "mine")
    monkeypatch.setenv(VARIABLE, str(named))
    assert deployed_python() == Python(str(named), (*DEPLOYED, 2))
    deployed_python.cache_clear()
    monkeypatch.setenv(VARIABLE, str(fake("elsewhere", (3, 11, 7), "other")))
    assert deployed_python() is None
    assert "elsewhere/other" in missing()


def test_what_cannot_be_run_is_no_python(machine: Path) -> None:
    (machine / "text").write_text("no program")
    assert asked(str(machine / "text")) is None
    assert asked(str(machine / "absent")) is None


def test_a_machine_without_it_is_told_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert pythons.main() == 1
    out, said = capsys.readouterr()
    assert out == ""
    assert VARIABLE in said


def test_the_deployed_version_is_that_of_the_template_and_of_the_layers() -> None:
    template = (ROOT / "template.yaml").read_text()
    assert set(re.findall(r"python3\.\d+", template)) == {f"python{NAMED}"}
    for layer in ("dependencies", "whenthen"):
        makefile = (ROOT / "layers" / layer / "Makefile").read_text()
        assert set(re.findall(r"python(3\.\d+)", makefile)) == {NAMED}
        assert f"!= ({DEPLOYED[0]}, {DEPLOYED[1]})" in makefile


def test_the_tests_go_on_without_it_but_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    if this_python().is_deployed:
        pytest.skip("this is the deployed version")
    assert deployed_tests.main(["--if-found", "tests"]) == 0
    assert "NOT TESTED" in capsys.readouterr().out


def test_they_fail_without_it_where_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failed:
        returncode = 1

    asked_for: list[list[str]] = []
    monkeypatch.setattr(deployed_tests.subprocess, "run", lambda command, **_: asked_for.append(command) or Failed())
    assert deployed_tests.main(["tests"]) == 1
    assert asked_for[0][1:] == ["-m", "dev.environments", f"test-{NAMED}"]


def test_what_needs_a_deployed_stack_is_left_out() -> None:
    assert pytest_command(["-x", "tests"])[-3:] == ["--ignore=tests/e2e", "-x", "tests"]


def test_the_fast_tests_are_the_same_ones_on_both_pythons() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    [fast] = re.findall(r"(?m)^test-fast:.*\n.*\n\t@(.*)$", makefile)
    here = shlex.split(fast.partition(" -m pytest ")[2])
    assert ["-m", "pytest", *here[: here.index("$(PYTEST_ARGS)")]] == pytest_command([])[1:]


def test_they_do_not_run_twice_on_one_version(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(deployed_tests, "this_python", lambda: Python("python", (*DEPLOYED, 0)))
    assert deployed_tests.main(["--if-found"]) == 0
    assert "already" in capsys.readouterr().out
