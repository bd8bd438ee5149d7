"""Run the local AWS: MiniStack, closed to others on this machine, which unpacks an archive of code only once.

MiniStack takes the key `test`, or none, for the account's root, and a function's key follows from its name. Both would
let any program and any web page on this machine run code. Here the root's key and the secrets of functions' keys are
random, and a request with a foreign `Host`, or from a web page, is refused (`Guard`).

MiniStack starts a process for each concurrent invocation, and unpacks the function's layers for it: three thousand
files, a second of work in the one interpreter that answers all calls, so a burst of starts keeps everything waiting.
Here a further process gets links to what was unpacked before. As on AWS, no function writes there.

It is started as a script, in the emulator's environment (see `emulator.start`), and imports nothing else of `dev`.
"""

from __future__ import annotations

import hashlib
import hmac
import importlib
import json
import os
import re
import runpy
import tempfile
import threading
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY, SECRET = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"
"""Name the variables that hold the root's key."""

API = "/_aws/execute-api/"
"""Begin the paths of the deployed API: they have the API's own keys, and browsers may call them."""

OPEN = ("/_ministack/health", "/_ministack/ready", "/_ministack/config")
"""List the paths that need no key: they tell nothing of a stack, and can only change how fast its clocks go."""

FUNCTION_KEY = "ASIA"
"""Begin the keys of functions' roles. MiniStack checks the signatures that are made with them."""

_LOCAL_HOSTS = re.compile(r"(?:127\.0\.0\.1|(?:[a-z0-9-]+\.)*localhost)(?::\d+)?", re.IGNORECASE)
_SIGNED = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/,\s]+)/")

UNPACKED = "unpacked"
"""The folder, among the emulator's temporary ones, that holds what was unpacked, by the archive's digest."""

_unpacking = threading.Lock()


class SharedArchive:
    """Stands where the emulator uses `zipfile.ZipFile(file)` to unpack code: what it does there, and no more."""

    def __init__(self, file: str) -> None:
        """Raises zipfile.BadZipFile and OSError, as ZipFile does."""
        self._home = _unpacked(Path(file))

    def __enter__(self) -> SharedArchive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def namelist(self) -> list[str]:
        """Return the names at the top of the archive: all that `extractall` makes."""
        return sorted(os.listdir(self._home))

    def extractall(self, path: str) -> None:
        """Make a link in the folder `path` for each name of `namelist`."""
        for name in self.namelist():
            Path(path, name).symlink_to(self._home / name)


def _unpacked(file: Path) -> Path:
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    home = Path(tempfile.gettempdir(), UNPACKED, digest)
    with _unpacking:
        if not home.exists():
            with zipfile.ZipFile(file) as archive:
                home.parent.mkdir(exist_ok=True)
                fresh = Path(tempfile.mkdtemp(dir=home.parent))
                archive.extractall(fresh)
            fresh.rename(home)
    return home


def refusal(path: str, query: str, headers: Mapping[str, str], root_key: str) -> str | None:
    """Say why a request is refused; None lets it pass. The names of `headers` are in lower case."""
    if not _LOCAL_HOSTS.fullmatch(headers.get("host", "")):
        return "the Host is not of this machine"
    if path.startswith(API):
        return None
    if "origin" in headers or headers.get("sec-fetch-site", "none") != "none":
        return "web pages may not call the local AWS"
    if path in OPEN:
        return None
    key = key_of(query, headers)
    if key.startswith(FUNCTION_KEY) or hmac.compare_digest(key.encode(), root_key.encode()):
        return None
    return "the request is not signed with the key of this stack"


def key_of(query: str, headers: Mapping[str, str]) -> str:
    """Return the access key that a request is signed with, in its header or its query; empty if it is not signed."""
    signed = _SIGNED.match(headers.get("authorization", ""))
    if signed:
        return signed[1]
    given = parse_qs(query)
    return (given.get("X-Amz-Credential") or given.get("AWSAccessKeyId") or [""])[0].partition("/")[0]


class Guard:
    """Let through to an ASGI application what `refusal` has nothing against; the rest is answered with 403."""

    def __init__(self, application: Any, root_key: str) -> None:
        self._application = application
        self._root_key = root_key

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        query = scope.get("query_string", b"").decode("latin-1")
        refused = refusal(urlsplit(scope["path"]).path, query, headers, self._root_key)
        if refused is None:
            await self._application(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            kind, body = _error(refused, headers)
            await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", kind)]})
            await send({"type": "http.response.body", "body": body})


def _error(message: str, headers: Mapping[str, str]) -> tuple[bytes, bytes]:
    """Return the type and body of an error as the protocol of the request writes it, so that clients can read it."""
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        error = f"<Error><Code>AccessDenied</Code><Message>{message}</Message></Error>"
        return b"text/xml", f"<ErrorResponse>{error}</ErrorResponse>".encode()
    return b"application/json", json.dumps({"__type": "AccessDeniedException", "message": message}).encode()


def with_secret(credentials: Callable[[Any], dict[str, str]], sessions: Any, root_secret: str) -> Any:
    """Make a function's credentials as MiniStack does, with a secret that does not follow from the function's name."""

    def made(config: Any) -> dict[str, str]:
        found = credentials(config)
        key = found[KEY]
        session = sessions[key]
        for name, variable in (("SecretAccessKey", SECRET), ("SessionToken", "AWS_SESSION_TOKEN")):
            found[variable] = hmac.new(root_secret.encode(), f"{name}:{key}".encode(), hashlib.sha256).hexdigest()
            session[name] = found[variable]
        return found

    return made


def main() -> None:
    """Run MiniStack until it is told to stop. The environment holds the root's key."""
    runtime: Any = importlib.import_module("ministack.core.lambda_runtime")
    sessions = vars(importlib.import_module("ministack.services.sts"))["_sessions"]
    application: Any = importlib.import_module("ministack.app")
    functions: Any = importlib.import_module("ministack.services.lambda_svc")
    guarded = with_secret(runtime.execution_credentials, sessions, os.environ[SECRET])
    runtime.execution_credentials = functions.execution_credentials = guarded
    application.app = Guard(application.app, os.environ[KEY])
    # The names by which that module knows zipfile; it writes LargeFileError for LargeZipFile.
    runtime.zipfile = SimpleNamespace(
        ZipFile=SharedArchive, BadZipFile=zipfile.BadZipFile, LargeFileError=zipfile.LargeZipFile
    )
    runpy.run_module("ministack", run_name="__main__")


if __name__ == "__main__":
    main()
