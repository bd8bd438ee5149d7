"""The local AWS: one MiniStack process per stack, closed to everything but this machine."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config

from dev import processes, web
from dev.paths import StackPaths, venv_python

if TYPE_CHECKING:
    from dev.processes import Process

REGION = "us-east-1"
_START_SECONDS = 120.0
_BOTO = Config(retries={"mode": "standard", "max_attempts": 3}, connect_timeout=20, read_timeout=120)


class DidNotStart(Exception):
    """A process of the local stack did not come up; says which, with the end of its log."""


@dataclass(frozen=True, slots=True)
class RootKey:
    """The key of the local account's root, which the tools and tests use. Functions get keys of their own roles."""

    access_key: str
    secret_key: str

    @classmethod
    def invent(cls) -> RootKey:
        """Make a random one."""
        return cls("AKIA" + secrets.token_hex(16).upper(), secrets.token_urlsafe(30))

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which AWS's tools know a key."""
        return {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running MiniStack, by its port and the key of its root."""

    port: int
    root: RootKey

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, service: str) -> Any:
        """A client, as boto3 makes them, for `service` with the account root's credentials."""
        return botocore.session.Session().create_client(
            service,
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id=self.root.access_key,
            aws_secret_access_key=self.root.secret_key,
            config=_BOTO,
        )

    def is_ready(self) -> bool:
        """Whether it answers, and as one that checks every call's permissions."""
        try:
            health = web.call("GET", f"{self.url}/_ministack/health", seconds=10).json()
            ready = web.call("GET", f"{self.url}/_ministack/ready", seconds=10).status
        except (OSError, ValueError):
            return False
        return ready == 200 and isinstance(health, dict) and health.get("auth") == "enabled"

    def configure(self, settings: dict[str, float]) -> None:
        """Change settings while it runs. Raises DidNotStart unless it took them all."""
        answer = web.call("POST", f"{self.url}/_ministack/config", settings).json()
        if answer.get("applied") != settings:
            raise DidNotStart(f"the emulator took {answer.get('applied')} of the settings {settings}")

    def scale_waits(self, factor: float) -> None:
        """Let every wait of a state machine that begins from now on take `factor` of its time; 0: none."""
        self.configure({"stepfunctions._SFN_WAIT_SCALE": float(factor)})


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(paths: StackPaths, port: int, smtp_port: int, root: RootKey) -> Process:
    """Start MiniStack on `port`; outgoing mail is relayed to `smtp_port`."""
    # -I: neither this folder nor a variable leads its imports, or those of the functions that it starts, to `dev`.
    command = [str(venv_python("emulator")), "-I", str(Path(__file__).with_name("local_aws.py"))]
    return processes.start(
        "emulator", command, _environment(paths, port, smtp_port) | root.environment, paths.log("emulator"), _cwd(paths)
    )


def _cwd(paths: StackPaths) -> Path:
    paths.data.mkdir(parents=True, exist_ok=True)
    return paths.data


def _environment(paths: StackPaths, port: int, smtp_port: int) -> dict[str, str]:
    """Everything that the emulator and, through it, the functions see of this machine."""
    folders = {name: str(paths.data / folder) for name, folder in _FOLDERS.items()}
    for folder in folders.values():
        Path(folder).mkdir(parents=True, exist_ok=True)
    search = [str(venv_python("emulator").parent), "/usr/local/bin", "/usr/bin", "/bin"]
    return {
        **folders,
        "PATH": os.pathsep.join(search),
        "LANG": "C.UTF-8",
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "AUTH": "true",
        "MINISTACK_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "SMTP_HOST": f"127.0.0.1:{smtp_port}",
        "IOT_MTLS_ENABLED": "0",  # else it listens on 0.0.0.0:8883
        "SFTP_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        "DOCKER_HOST": f"unix://{paths.data}/no-docker",  # it tidies up containers that it takes for its own
    }


_FOLDERS = {"HOME": "home", "TMPDIR": "tmp", "STATE_DIR": "state", "S3_DATA_DIR": "s3"}


def wait_until_ready(emulator: Emulator, process: Process, log: Path) -> None:
    """Return once it answers. Raises DidNotStart if it ends, or takes too long."""
    deadline = time.monotonic() + _START_SECONDS
    while not emulator.is_ready():
        if not process.is_alive():
            raise DidNotStart(f"the emulator ended while it started\n{tail(log)}")
        if time.monotonic() > deadline:
            raise DidNotStart(f"the emulator did not answer within {_START_SECONDS:.0f} s\n{tail(log)}")
        time.sleep(0.1)


def tail(log: Path, lines: int = 25) -> str:
    """The end of a log, and where the rest is."""
    text = log.read_text(errors="replace") if log.exists() else ""
    return "\n".join([*text.splitlines()[-lines:], f"(all of it: {log})"])


def empty(folder: Path) -> None:
    """Leave nothing of an earlier start."""
    shutil.rmtree(folder, ignore_errors=True)
