"""Environments are made from pinned requirements only, and again only when the pins change."""

import re

import pytest

from dev import environments
from dev.environments import DEPLOYED_TESTS, PURPOSES, REQUIREMENTS, Environment, pinned_files
from dev.pythons import Python

PIN = re.compile(r"[a-z0-9][a-z0-9-]*(\[[a-z,]+\])?==[0-9][0-9a-z.]*( +#.*)?")


@pytest.mark.parametrize("name", PURPOSES)
def test_every_requirement_is_pinned_and_none_names_an_index(name):
    for file in pinned_files(Environment(name).requirements):
        lines = [line for line in file.read_text().splitlines() if line and not line.startswith(("#", "-r "))]
        assert lines
        assert [line for line in lines if not PIN.fullmatch(line)] == []


def test_every_requirements_file_is_an_environment():
    assert {file.stem for file in REQUIREMENTS.glob("*.txt")} == set(PURPOSES) - {DEPLOYED_TESTS}
    assert Environment(DEPLOYED_TESTS).requirements == Environment("test").requirements


@pytest.fixture
def requirements(tmp_path, monkeypatch):
    monkeypatch.setattr(environments, "REQUIREMENTS", tmp_path)
    monkeypatch.setattr(environments, "VENVS", tmp_path / "venv")
    monkeypatch.setattr(environments, "venv_python", lambda name: tmp_path / "venv" / name / "python")
    (tmp_path / "base.txt").write_text("six==1.17.0\n")
    (tmp_path / "test.txt").write_text("-r base.txt\niniconfig==2.3.1\n")
    return tmp_path


def test_the_stamp_follows_included_files(requirements):
    before = Environment("test").wanted()
    assert Environment("test").wanted() == before
    (requirements / "base.txt").write_text("six==1.16.0\n")
    assert Environment("test").wanted() != before


def test_a_ready_environment_is_not_made_again(requirements, monkeypatch):
    home = requirements / "venv" / "test"
    home.mkdir(parents=True)
    (home / "python").touch()
    (home / "stamp").write_text(Environment("test").wanted())
    monkeypatch.setattr(Environment, "make", lambda self: pytest.fail("made again"))
    environments.ensure(["test"])
    (requirements / "test.txt").write_text("iniconfig==2.3.0\n")
    assert not Environment("test").is_ready()


def test_a_failed_setup_says_why_and_is_not_taken_for_ready(requirements, monkeypatch, capsys):
    def fail(self):
        raise environments.SetupFailed("no such version")

    monkeypatch.setattr(Environment, "make", fail)
    assert environments.main(["test"]) == 1
    assert "no such version" in capsys.readouterr().out
    assert not Environment("test").is_ready()


def test_the_tests_on_the_deployed_python_have_an_interpreter_of_their_own(requirements, monkeypatch):
    monkeypatch.setattr(environments, "deployed_python", lambda: Python("/opt/deployed/python", (3, 13, 9)))
    assert Environment(DEPLOYED_TESTS).python.executable == "/opt/deployed/python"
    before = Environment(DEPLOYED_TESTS).wanted()
    assert before != Environment("test").wanted()
    monkeypatch.setattr(environments, "deployed_python", lambda: Python("/opt/deployed/python", (3, 13, 10)))
    assert Environment(DEPLOYED_TESTS).wanted() != before


def test_without_the_deployed_python_its_environment_says_what_to_install(requirements, monkeypatch, capsys):
    monkeypatch.setattr(environments, "deployed_python", lambda: None)
    assert environments.main([DEPLOYED_TESTS]) == 1
    assert "WHENTHEN_DEPLOYED_PYTHON" in capsys.readouterr().out


def test_an_old_python_is_refused_by_name(monkeypatch, capsys):
    monkeypatch.setattr(environments, "OLDEST_PYTHON", (99, 0))
    assert environments.main(["test"]) == 1
    assert "needs Python 99.0" in capsys.readouterr().out


def test_an_unknown_environment_is_refused(capsys):
    assert environments.main(["tset"]) == 1
    assert "tset" in capsys.readouterr().out
