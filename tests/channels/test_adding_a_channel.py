"""A channel is one folder and one line of the registry: of the rest, only files change that commands write."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ACTION = """
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.rules.actions import PURPOSE, Action, Parameter

CHANNEL = "telegram"
NO_NUMBER = ReasonCode("telegram.no_number", "value")
ACTIONS = (
    Action(
        "send_telegram",
        CHANNEL,
        ReasonCode("action.send_telegram")(),
        "Send a text message.",
        (Parameter("to", "The number."), Parameter("text", "The text.", required=True), PURPOSE),
        shown=("text",),
        example={"text": "Hello"},
    ),
)
"""
WIRING = """
CALLS_OUTSIDE = True


def wire(ports):
    return lambda run_id, step_id, occurrence: (ports.settings.channel, run_id, step_id, occurrence)
"""
USE = """
import json
from whenthen.api.rendering.renderer import Renderer
from whenthen.domain.lint.step_effects import effects_of
from whenthen.domain.rules import parse_rule
from whenthen.domain.schemas.capabilities import reference
from whenthen.domain.schemas.rule import rule_schema
from whenthen.runtime.environment import Settings
from whenthen.runtime.wiring import Wiring

rule = parse_rule({"name": "R", "trigger": {"event": "lead.created"},
                   "steps": [{"id": "s", "action": "send_telegram", "with": {"text": "Hello {{ record.name }}"}}]})
wiring = Wiring(Settings({"CHANNEL": "telegram", "TELEGRAM_QUEUE_URL": "https://queue"}))
print(json.dumps({
    "channel": rule.steps[0].channel,
    "queue": wiring.settings.channel_queue_url("telegram"),
    "performed": wiring.perform_step("run_1", "s", 0),
    "outside": wiring.calls_outside,
    "effects": len(effects_of(rule)),
    "catalogue": "send_telegram" in [row["name"] for row in reference()["actions"]],
    "schema": '"send_telegram"' in json.dumps(rule_schema()),
    "sentence": "Hello" in Renderer("en").rule(rule),
}))
"""


GENERATORS = ("dev.coverage_map", "dev.openapi", "dev.reasons", "dev.schemas")
"""The commands that write files from the sources. Texts are added by hand: `make messages` makes their rows."""

GENERATED = {"docs/openapi.json", "docs/reference/reasons.md", "docs/rule.schema.json", "docs/tests.md"}
"""The files that they change once there is a channel. CONTRIBUTING.md, "Add a channel", lists the same."""

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout with a channel more: a folder, its test, and one line of the registry."""
    copy = tmp_path_factory.mktemp("checkout")
    for folder in ("layers/whenthen/whenthen", "dev", "docs", "tests", "functions"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    channels = copy / "layers" / "whenthen" / "whenthen" / "channels"
    (channels / "telegram").mkdir()
    for name, text in (("__init__", '"""Telegram."""'), ("action", ACTION), ("wiring", WIRING)):
        (channels / "telegram" / f"{name}.py").write_text(text)
    registry = channels / "registry.py"
    text = registry.read_text()
    text = text.replace(
        "\n_CHANNELS = (", "\nfrom whenthen.channels.telegram import action as telegram\n\n_CHANNELS = (telegram, "
    )
    registry.write_text(text)
    own = copy / "tests" / "channels" / "telegram"
    own.mkdir()
    (own / "test_action.py").write_text("from whenthen.channels.telegram.action import ACTIONS\n")
    return copy


def _run(checkout: Path, *arguments: str) -> str:
    paths = os.pathsep.join([str(checkout), str(checkout / "layers" / "whenthen")])
    ran = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, *arguments],
        check=False, capture_output=True, text=True, cwd=checkout, env={**os.environ, "PYTHONPATH": paths},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_a_new_channel_is_its_folder_and_one_line_of_the_registry(checkout: Path) -> None:
    assert json.loads(_run(checkout, "-c", USE).splitlines()[-1]) == {
        "channel": "telegram",
        "queue": "https://queue",
        "performed": ["telegram", "run_1", "s", 0],
        "outside": True,
        "effects": 0,
        "catalogue": True,
        "schema": True,
        "sentence": True,
    }


def test_beside_them_only_generated_files_change_and_contributing_lists_each(checkout: Path) -> None:
    for generator in GENERATORS:
        _run(checkout, "-m", generator)
    files = {path.relative_to(checkout) for path in (checkout / "docs").rglob("*") if path.is_file()}
    assert {str(file) for file in files if _differs(checkout / file, ROOT / file)} == GENERATED
    [section] = re.findall(r"(?s)^## Add a channel\n(.*?)^## ", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    assert set(re.findall(r"`(docs/[a-z./]+)`", section)) == GENERATED


def _differs(file: Path, before: Path) -> bool:
    return not before.exists() or file.read_bytes() != before.read_bytes()
