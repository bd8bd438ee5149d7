"""Put restored tables in place of a stack's own: `docs/guides/operations.md` has the whole procedure.

make restore STACK=whenthen-prod DO=stop               stop all functions; queues and senders wait
make restore STACK=whenthen-prod DO=compare            say how the tables differ from their restored copies
make restore STACK=whenthen-prod DO=write SURE=yes     make them the same, and say until when sending is unknown
make restore STACK=whenthen-prod DO=go                 let the functions work again

FROM=restored   the copies are named after the tables: `<table>-restored`, which is the default

Nothing is published of what is written: meanwhile the streams' functions take no change. Each step can be repeated.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3

from dev.changes import FUNCTIONS
from dev.paths import LOCAL
from dev.resources import read
from dev.tables import Copying
from whenthen.adapters.dynamodb.config_table.settings import DynamoSettings
from whenthen.domain.events.event import format_time
from whenthen.domain.sending.restored import SUBJECT

TABLES = ("Config", "Records", "Runs")
_FUNCTION = "AWS::Lambda::Function"
_NOTHING = {"Filters": [{"Pattern": '{"eventName": ["NOTHING"]}'}]}
"""Let a stream's mapping take no change."""

IN_FLIGHT = timedelta(minutes=6)
"""Time in which all functions that were called have surely ended: none may take longer than five minutes."""

BEHIND = timedelta(minutes=10)
"""Time in which the streams' mappings surely have passed what was written, without taking it."""

Clients = Callable[[str], Any]


class NotNow(Exception):
    """A step must wait for another one; says for which."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A stack by its physical names, and the note that these steps leave for each other."""

    client: Clients
    functions: Mapping[str, str]
    tables: Mapping[str, str]
    note: Path

    @classmethod
    def of(cls, client: Clients, stack_name: str) -> Deployed:
        """Read a stack of CloudFormation."""
        resources = read(_Named(client), stack_name)  # type: ignore[arg-type]
        tables = {name: resources.get(f"{name}Table") for name in TABLES}
        return cls(client, resources.by_type[_FUNCTION], tables, LOCAL / f"restore-{stack_name}.json")

    def stop(self) -> None:
        """Let no function be called any more, and no change of the tables be taken."""
        functions = self.client("lambda")
        noted = self._noted()
        noted.setdefault("concurrency", {})
        noted.setdefault("filters", {})
        for name in self.functions.values():
            found = functions.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")
            noted["concurrency"].setdefault(name, found)
        self._write_down(noted)
        for name in self.functions.values():
            functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        noted.setdefault("stopped", _now().isoformat())
        for mapping in self._mappings():
            noted["filters"].setdefault(mapping["UUID"], mapping.get("FilterCriteria", {"Filters": []}))
        self._write_down(noted)
        for uuid in noted["filters"]:
            functions.update_event_source_mapping(UUID=uuid, FilterCriteria=_NOTHING)

    def compare(self, suffix: str, *, writes: bool = False) -> int:
        """Print how each table differs from its copy, and make it the same if asked; return how many items differ."""
        total = 0
        for name, table in self.tables.items():
            found = Copying(self.client("dynamodb"), f"{table}-{suffix}", table, writes)()
            print(f"{name}: {found.missing} missing, {found.other} other, {found.beyond} beyond the copy")
            total += found.total
        return total

    def write(self, suffix: str) -> datetime:
        """Make the tables what their copies are. Returns until when sending is unknown. Raises NotNow."""
        noted = self._noted()
        if "stopped" not in noted:
            raise NotNow("stop the functions first: DO=stop")
        _wait_for(datetime.fromisoformat(noted["stopped"]) + IN_FLIGHT, "functions that were called may still work")
        until = datetime.fromisoformat(noted["stopped"]) + IN_FLIGHT
        self.compare(suffix, writes=True)
        settings = DynamoSettings(self.client("dynamodb"), self.tables["Config"])
        settings.save(SUBJECT, {"unknown_until": format_time(until)})
        self._write_down({**noted, "written": _now().isoformat()})
        return until

    def go(self) -> None:
        """Let the functions be called again, and the streams' take changes. Raises NotNow."""
        noted = self._noted()
        if "written" in noted:
            _wait_for(
                datetime.fromisoformat(noted["written"]) + BEHIND, "the streams must be read past what was written"
            )
        functions = self.client("lambda")
        for uuid, criteria in noted.get("filters", {}).items():
            functions.update_event_source_mapping(UUID=uuid, FilterCriteria=criteria)
        for name, reserved in noted.get("concurrency", {}).items():
            if reserved is None:
                functions.delete_function_concurrency(FunctionName=name)
            else:
                functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=reserved)
        self.note.unlink(missing_ok=True)

    def _mappings(self) -> list[dict[str, Any]]:
        """The mappings of streams to their functions."""
        functions = self.client("lambda")
        names = [self.functions[name] for name in FUNCTIONS.values()]
        return [
            mapping
            for name in names
            for mapping in functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
        ]

    def _noted(self) -> dict[str, Any]:
        return dict(json.loads(self.note.read_text())) if self.note.exists() else {}

    def _write_down(self, noted: Mapping[str, Any]) -> None:
        self.note.parent.mkdir(parents=True, exist_ok=True)
        self.note.write_text(json.dumps(noted, indent=2) + "\n")


@dataclass(frozen=True, slots=True)
class _Named:
    """Clients, as `dev.resources` asks for them."""

    client: Clients


def _now() -> datetime:
    return datetime.now(UTC)


def _wait_for(moment: datetime, why: str) -> None:
    if _now() < moment:
        raise NotNow(f"wait until {moment:%H:%M:%S} UTC: {why}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make restore", add_help=False)
    parser.add_argument("stack")
    parser.add_argument("--do", required=True, choices=("stop", "compare", "write", "go"))
    parser.add_argument("--from", dest="suffix", default="")
    parser.add_argument("--sure", default="")
    return parser


def do(stack: Deployed, act: str, suffix: str, *, sure: bool) -> None:
    """Do one step, and print what came of it. Raises NotNow."""
    if act == "stop":
        stack.stop()
        print("All functions are stopped. Messages wait in their queues for up to four days.")
    elif act == "write" and sure:
        print(f"Done. Until {stack.write(suffix):%Y-%m-%d %H:%M:%S} UTC, nothing is known of what was sent.")
    elif act == "go":
        stack.go()
        print("The functions work again.")
    else:
        print(f"{stack.compare(suffix)} items differ; nothing was changed. To write them: DO=write SURE=yes")


def main(arguments: Sequence[str]) -> int:
    """`STACK --do ACT [--from SUFFIX] [--sure yes]`; 2 for what is not understood, 1 if it is too early."""
    try:
        asked = _parser().parse_args(arguments)
    except SystemExit as refused:  # it said why
        return int(refused.code or 0)
    if not asked.stack:
        print("name the stack: STACK=whenthen-prod")
        return 2
    client: Any = boto3.client
    try:
        do(Deployed.of(client, asked.stack), asked.do, asked.suffix or "restored", sure=asked.sure == "yes")
    except NotNow as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
