"""The tutorial's commands, run as a reader runs them, on the deployed stack."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dev.demo import account
from dev.paths import ROOT
from dev.stack import Stack
from tests.docs.pages import blocks

PAGE = ROOT / "docs/tutorial.md"
AROUND = ["make up", "make down"]
"""The page's first and last commands. The fixture `stack` does the same by `dev.lifecycle`."""

SECONDS = 900


@pytest.fixture(scope="module")
def folder(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run every command of the page in one shell; returns the folder that the page works in."""
    checkout = tmp_path_factory.mktemp("checkout")
    (checkout / ".local").mkdir()
    (checkout / ".local/stack.json").write_text(json.dumps(stack.document))
    first, *commands, last = [block.strip() for block in blocks(PAGE, "sh")]
    assert [first, last] == AROUND
    script = "\n".join(["set -euo pipefail", *commands])
    done = subprocess.run(  # noqa: S603
        ["bash", "-c", script],  # noqa: S607
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return checkout / ".local/tutorial"


def read(file: Path) -> Any:
    return json.loads(file.read_text())


def test_the_rule_of_the_page_ran_once_with_both_steps_done(stack: Stack, folder: Path) -> None:
    rule = read(folder / "saved.json")["id"]
    (run,) = stack.api.get(f"/v1/runs?rule={rule}")["items"]
    jobs = stack.api.get(f"/v1/runs/{run['id']}")["jobs"]
    assert [(job["step"], job["status"]) for job in jobs] == [("thank", "done"), ("call", "done")]


def test_the_customer_got_one_mail_though_the_order_came_twice(stack: Stack, folder: Path) -> None:
    name = read(folder / "order.json")["email"]

    def look() -> list[dict[str, Any]] | None:
        mails = [mail for mail in stack.mail.received()["messages"] if name in mail["to"]]
        return mails if mails and all(mail["headers"] for mail in mails) else None

    (mail,) = account.wait_for(look) or ()
    assert ["Subject", "Thank you, Elif"] in mail["headers"]


def test_the_small_order_is_explained_as_the_page_says(folder: Path) -> None:
    own = read(folder / "saved.json")["id"]
    (rule,) = [each for each in read(folder / "explained.json")["rules"] if each["id"] == own]
    condition = rule["conditions"]
    assert (rule["outcome"], condition["expected"], condition["actual"], condition["result"]) == (
        "not_met",
        100,
        20,
        False,
    )


def test_the_rule_is_off_at_the_end(stack: Stack, folder: Path) -> None:
    rule = read(folder / "saved.json")["id"]
    assert stack.api.get(f"/v1/rules/{rule}")["mode"] == "off"
