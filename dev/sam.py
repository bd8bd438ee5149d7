"""Build the real template.yaml with the SAM CLI, and deploy it to the local AWS."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dev.emulator import REGION, Emulator, tail
from dev.files import fingerprint
from dev.paths import ROOT, SAM, StackPaths, venv_python
from dev.processes import ProcessFile

SOURCES = [ROOT / name for name in ("template.yaml", "samconfig.toml", "functions", "layers", "statemachines")]
"""Files that are built and deployed: when none of them changed, neither is done again."""

ENVIRONMENT = "local"
"""The environment of samconfig.toml that holds the local stack's settings."""

_CONFIG = ROOT / "samconfig.toml"
_BUILD = SAM / "build"
_STAMP = SAM / "stamp"
_NO_KEY = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}


class DeployFailed(Exception):
    """The template could not be built or deployed; says which, with the end of the SAM CLI's output."""


def build(paths: StackPaths) -> Path:
    """Build what changed since the last time. Returns the built template. All stacks build into the same place."""
    if not SOURCES[0].exists():
        raise DeployFailed(f"there is no {SOURCES[0]}")
    sources = fingerprint([*SOURCES, ROOT / "dev/requirements/emulator.txt"]) + sys.version
    built = _BUILD / "template.yaml"
    if not (built.exists() and _STAMP.exists() and _STAMP.read_text() == sources):
        _STAMP.unlink(missing_ok=True)
        _forget_other_pythons()
        _sam(
            paths,
            ["build", "--build-dir", str(_BUILD), "--cached", "--cache-dir", str(SAM / "cache"), "--parallel"],
        )
        _STAMP.write_text(sources)
    return built


def _forget_other_pythons() -> None:
    """A layer cached with wheels for another Python would be taken again, since its sources are the same."""
    python = SAM / "python"
    wanted = f"{sys.version}\n{(ROOT / 'dev/requirements/emulator.txt').read_text()}"
    if not python.exists() or python.read_text() != wanted:
        shutil.rmtree(SAM, ignore_errors=True)
        SAM.mkdir(parents=True)
        python.write_text(wanted)


def deploy(paths: StackPaths, emulator: Emulator, template: Path, parameters: Mapping[str, str]) -> None:
    """Create or update the stack, with samconfig.toml's parameters and these."""
    wanted = {**configured_parameters(), **parameters}
    overrides = [f"{name}={value}" for name, value in sorted(wanted.items())]
    command = ["deploy", "--template-file", str(template), "--region", REGION, "--no-progressbar"]
    command += ["--parameter-overrides", *overrides]
    _sam(paths, command, emulator.url, emulator.root.environment)


def configured(name: str) -> Any:
    """Return a setting that samconfig.toml has for deploying the local stack."""
    config = tomllib.loads(_CONFIG.read_text())[ENVIRONMENT]
    return {**config["global"]["parameters"], **config["deploy"]["parameters"]}[name]


def configured_parameters() -> dict[str, str]:
    """The template's parameters there; those on the command line would replace them all, not add to them."""
    overrides = configured("parameter_overrides")
    pairs = shlex.split(overrides) if isinstance(overrides, str) else overrides
    return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}


def _sam(
    paths: StackPaths,
    arguments: Sequence[str],
    endpoint_url: str = "http://127.0.0.1:1",
    key: Mapping[str, str] = _NO_KEY,
) -> None:
    """Run the SAM CLI so that it can reach nothing but the local AWS."""
    sam = venv_python("sam").with_name("sam")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_", "PYTHON"))}
    env = {
        **inherited,
        "AWS_ENDPOINT_URL": endpoint_url,
        **key,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAM_CLI_TELEMETRY": "0",
        "__SAM_CLI_APP_DIR": str(SAM / "settings"),
        "WHENTHEN_WHEELS": "local",
        "WHENTHEN_PYTHON": str(venv_python("emulator")),
    }
    command = [str(sam), *arguments, "--config-file", str(_CONFIG), "--config-env", ENVIRONMENT]
    log = paths.log(arguments[0])
    log.unlink(missing_ok=True)
    if ProcessFile(paths.processes).run("sam", command, env, log, ROOT) != 0:
        raise DeployFailed(f"sam {arguments[0]} failed\n{tail(log, 40)}")
