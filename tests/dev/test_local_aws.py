"""The emulator's archives of code: unpacked once, linked wherever they are wanted."""

from __future__ import annotations

import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dev.local_aws import UNPACKED, SharedArchive

FILES = {"python/package/__init__.py": "one = 1\n", "python/alone.py": "two = 2\n", "app.py": "three = 3\n"}


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def archive(file: Path, files: dict[str, str]) -> str:
    with zipfile.ZipFile(file, "w") as written:
        for name, text in files.items():
            written.writestr(name, text)
    return str(file)


def extracted(file: str, folder: Path) -> Path:
    folder.mkdir()
    with SharedArchive(file) as opened:
        opened.extractall(str(folder))
    return folder


def test_what_was_packed_stands_in_each_folder_and_once_on_the_disk(tmp_path: Path) -> None:
    file = archive(tmp_path / "layer.zip", FILES)
    with ThreadPoolExecutor(8) as threads:
        folders = list(threads.map(lambda place: extracted(file, tmp_path / f"worker{place}"), range(8)))
    for folder in folders:
        assert {name: (folder / name).read_text() for name in FILES} == FILES
    assert len({(folder / "python/alone.py").stat().st_ino for folder in folders}) == 1
    assert len(list((tmp_path / UNPACKED).iterdir())) == 1


def test_only_what_is_made_is_named(tmp_path: Path) -> None:
    with SharedArchive(archive(tmp_path / "layer.zip", FILES)) as opened:
        assert opened.namelist() == ["app.py", "python"]


def test_another_archive_is_another_folder(tmp_path: Path) -> None:
    first = extracted(archive(tmp_path / "first.zip", FILES), tmp_path / "first")
    second = extracted(archive(tmp_path / "second.zip", FILES | {"app.py": "four = 4\n"}), tmp_path / "second")
    assert ((first / "app.py").read_text(), (second / "app.py").read_text()) == ("three = 3\n", "four = 4\n")


def test_what_is_no_archive_is_refused_and_leaves_nothing_that_would_be_taken_for_one(tmp_path: Path) -> None:
    file = tmp_path / "layer.zip"
    file.write_bytes(b"not an archive")
    for _ in range(2):
        with pytest.raises(zipfile.BadZipFile):
            SharedArchive(str(file))


def test_no_file_is_made_outside(tmp_path: Path) -> None:
    folder = extracted(
        archive(tmp_path / "layer.zip", {"../outside.py": "", f"{tmp_path}/outside.py": ""}), tmp_path / "in"
    )
    assert not list(tmp_path.glob("outside.py"))
    assert all(tmp_path / UNPACKED in found.resolve().parents for found in folder.iterdir())
