"""The emulator's archives of code: unpacked once, linked wherever they are wanted."""

from __future__ import annotations

import asyncio
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dev.local_aws import UNPACKED, Guard, SharedArchive, refusal, with_secret

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


ROOT = "AKIA0123456789ABCDEF"
LOCAL = {"host": "127.0.0.1:4566"}


def signed(key: str) -> dict[str, str]:
    return LOCAL | {
        "authorization": f"AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/sqs/aws4_request, Signature=0"
    }


@pytest.mark.parametrize(
    ("path", "query", "headers"),
    [
        ("/", "", signed(ROOT)),
        ("/", "", signed("ASIA0123456789ABCDEF")),
        ("/bucket/key", f"X-Amz-Credential={ROOT}%2F20260101%2Fus-east-1%2Fs3%2Faws4_request", LOCAL),
        ("/bucket/key", f"AWSAccessKeyId={ROOT}&Signature=x", LOCAL),
        ("/bucket/key", "", signed(ROOT) | {"host": "bucket.s3.localhost:4566"}),
        ("/_ministack/ready", "", LOCAL),
        ("/_aws/execute-api/abc/$default/v1/rules", "", LOCAL),
        ("/_aws/execute-api/abc/$default/hooks/form", "", LOCAL | {"origin": "https://shop.example"}),
    ],
)
def test_the_key_of_the_stack_opens_the_local_aws(path: str, query: str, headers: dict[str, str]) -> None:
    assert refusal(path, query, headers, ROOT) is None


@pytest.mark.parametrize(
    ("path", "query", "headers"),
    [
        ("/", "", LOCAL),
        ("/", "", signed("test")),
        ("/", "", signed("000000000000")),
        ("/", "", signed(ROOT + "A")),
        ("/", "", signed("")),
        ("/", "", LOCAL | {"authorization": f"AWS {ROOT}:signature"}),
        ("/", "", LOCAL | {"authorization": f"Bearer {ROOT}"}),
        ("/bucket/key", "X-Amz-Credential=test%2F20260101", LOCAL),
        ("/bucket/key", "AWSAccessKeyId=test", LOCAL),
        ("/", "", signed(ROOT) | {"host": "rebound.example:4566"}),
        ("/", "", signed(ROOT) | {"host": "127.0.0.1.example"}),
        ("/", "", signed(ROOT) | {"host": "localhost.example"}),
        ("/", "", signed(ROOT) | {"host": ""}),
        ("/", "", signed(ROOT) | {"origin": "https://shop.example"}),
        ("/", "", signed(ROOT) | {"origin": "null"}),
        ("/", "", signed(ROOT) | {"sec-fetch-site": "cross-site"}),
        ("/_ministack/reset", "", LOCAL),
        ("/_ministack/ses/messages", "", LOCAL),
        ("/_ministack/config", "", LOCAL | {"origin": "https://shop.example"}),
        ("/_aws/execute-api/abc/$default/v1/rules", "", {"host": "rebound.example"}),
        ("/x/../_ministack/ready", "", LOCAL),
    ],
)
def test_guessable_keys_foreign_hosts_and_web_pages_are_refused(path: str, query: str, headers: dict[str, str]) -> None:
    assert refusal(path, query, headers, ROOT)


def test_what_is_refused_never_reaches_the_application() -> None:
    reached: list[str] = []
    sent: list[dict[str, object]] = []

    async def application(scope: dict[str, object], receive: object, send: object) -> None:
        reached.append(str(scope["type"]))

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    async def ask(kind: str, headers: dict[str, str]) -> None:
        named = [(name.encode(), value.encode()) for name, value in headers.items()]
        await Guard(application, ROOT)({"type": kind, "path": "/", "query_string": b"", "headers": named}, None, send)

    asyncio.run(ask("http", signed("test")))
    assert [message.get("status") for message in sent] == [403, None]
    asyncio.run(ask("websocket", signed("test")))
    assert (sent[-1]["type"], reached) == ("websocket.close", [])
    asyncio.run(ask("http", signed(ROOT)))
    asyncio.run(ask("lifespan", {}))
    assert reached == ["http", "lifespan"]


def test_the_secret_of_a_function_does_not_follow_from_its_name() -> None:
    def credentials(_: object) -> dict[str, str]:
        sessions["ASIA1"] = {"SecretAccessKey": "guessable", "SessionToken": "guessable"}
        return {"AWS_ACCESS_KEY_ID": "ASIA1", "AWS_SECRET_ACCESS_KEY": "guessable", "AWS_SESSION_TOKEN": "guessable"}

    sessions: dict[str, dict[str, str]] = {}
    first, again = (with_secret(credentials, sessions, "root")({}) for _ in range(2))
    assert first == again
    assert sessions["ASIA1"] == {
        "SecretAccessKey": first["AWS_SECRET_ACCESS_KEY"],
        "SessionToken": first["AWS_SESSION_TOKEN"],
    }
    assert "guessable" not in first.values()
    other = with_secret(credentials, sessions, "another root")({})
    assert other["AWS_SECRET_ACCESS_KEY"] != first["AWS_SECRET_ACCESS_KEY"]
