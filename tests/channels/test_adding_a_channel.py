"""A channel is one folder and one line of the registry: nothing else of the package changes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import whenthen

ACTION = """
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.rules.actions import PURPOSE, Action, Parameter

CHANNEL = "sms"
ACTIONS = (
    Action(
        "send_sms",
        CHANNEL,
        ReasonCode("action.send_sms")(),
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
                   "steps": [{"id": "s", "action": "send_sms", "with": {"text": "Hello {{ record.name }}"}}]})
wiring = Wiring(Settings({"CHANNEL": "sms", "SMS_QUEUE_URL": "https://queue"}))
print(json.dumps({
    "channel": rule.steps[0].channel,
    "queue": wiring.settings.channel_queue_url("sms"),
    "performed": wiring.perform_step("run_1", "s", 0),
    "outside": wiring.calls_outside,
    "effects": len(effects_of(rule)),
    "catalogue": "send_sms" in [row["name"] for row in reference()["actions"]],
    "schema": '"send_sms"' in json.dumps(rule_schema()),
    "sentence": "Hello" in Renderer("en").rule(rule),
}))
"""


def test_a_new_channel_is_its_folder_and_one_line_of_the_registry(tmp_path: Path) -> None:
    package = tmp_path / "whenthen"
    shutil.copytree(Path(whenthen.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    folder = package / "channels" / "sms"
    folder.mkdir()
    for name, text in (("__init__", '"""SMS."""'), ("action", ACTION), ("wiring", WIRING)):
        (folder / f"{name}.py").write_text(text)
    registry = package / "channels" / "registry.py"
    text = registry.read_text()
    text = text.replace("\n_CHANNELS = (", "\nfrom whenthen.channels.sms import action as sms\n\n_CHANNELS = (sms, ")
    registry.write_text(text)
    ran = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", USE], check=False, capture_output=True, text=True, env={"PYTHONPATH": str(tmp_path)}
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout.splitlines()[-1]) == {
        "channel": "sms",
        "queue": "https://queue",
        "performed": ["sms", "run_1", "s", 0],
        "outside": True,
        "effects": 0,
        "catalogue": True,
        "schema": True,
        "sentence": True,
    }
