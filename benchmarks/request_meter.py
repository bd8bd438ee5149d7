"""Count what AWS would bill for calls that run over moto: capacity units by item sizes, messages, transitions.

Each call to AWS that a function makes passes `Meter.call`; the item is read before and after a write, straight from
moto, since units follow from its size and from which index keys it changes.
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

Image = Mapping[str, Any] | None
ReadItem = Callable[[str, Mapping[str, Any]], Image]
"""Takes a table and a key, and returns the item in DynamoDB's JSON; its call is not counted."""

MACHINE = Path(__file__).resolve().parents[1] / "statemachines" / "sequence.asl.json"
PIECE = 64 * 1024
"""Bytes that EventBridge and SQS bill as one."""

INDEXES = ("gsi1", "gsi2", "gsi3")
NETWORK_SECONDS = 0.01
"""Seconds by which each call is stretched, so that calls of several threads overlap as they do over a network."""


@dataclass
class Call:
    """A call of a function: when it began and ended, and what it is named. function: whose invocation made it."""

    name: str
    function: str
    invocation: int
    began: float
    ended: float


@dataclass
class Meter:
    """Sum what is counted of one story. `totals` has the names of `prices.USD_PER_MILLION`."""

    read_item: ReadItem
    totals: Counter[str] = field(default_factory=Counter)
    calls: list[Call] = field(default_factory=list)
    invoked: list[str] = field(default_factory=list)

    def call(self, service: str, operation: str, request: Mapping[str, Any], method: Callable[..., Any]) -> Any:
        """Make a function's call to AWS and count it."""
        weigh = _WEIGHTS.get((service, operation))
        before = _images(self.read_item, operation, request) if service == "dynamodb" else []
        began = time.monotonic()
        time.sleep(NETWORK_SECONDS)
        try:
            answer = method(**request)
            if weigh is not None:
                self.totals.update(weigh(request, answer))
        finally:  # a write whose condition does not hold costs as much as one that is done
            ended = time.monotonic()
            function = self.invoked[-1] if self.invoked else ""
            with _LOCK:
                self.calls.append(Call(f"{service}.{operation}", function, len(self.invoked), began, ended))
                self._count_writes(operation, request, before)
        return answer

    def _count_writes(self, operation: str, request: Mapping[str, Any], before: Sequence[Image]) -> None:
        double = 2 if operation == "transact_write_items" else 1
        after = _images(self.read_item, operation, request)
        for old, new in zip(before, after, strict=True):
            self.totals["write_units"] += double * max(1, math.ceil(max(size_of(old), size_of(new)) / 1024))
            self.totals["index_units"] += sum(_index_units(index, old, new) for index in INDEXES)


_LOCK = threading.Lock()


def round_trips(calls: Sequence[Call]) -> int:
    """Count the calls that do not overlap: of several at once, one is awaited."""
    count, until = 0, 0.0
    for each in sorted(calls, key=lambda call: call.ended):
        if each.began >= until:
            count, until = count + 1, each.ended
    return count


# --- sizes, as "DynamoDB item sizes and formats" has them ------------------------------------------------


def size_of(item: Image) -> int:
    """Return the bytes of an item in DynamoDB's JSON; 0 if there is none."""
    return sum(len(name.encode()) + _value_size(value) for name, value in (item or {}).items())


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, held),) = value.items()
    weigh = _VALUE_SIZES.get(kind)
    return weigh(held) if weigh else 1  # BOOL and NULL


_VALUE_SIZES: Mapping[str, Callable[[Any], int]] = {
    "S": lambda text: len(text.encode()),
    "N": lambda digits: math.ceil(len(digits.strip("-0.").replace(".", "")) / 2) + 1,
    "B": len,
    "SS": lambda texts: sum(len(each.encode()) for each in texts),
    "L": lambda values: 3 + sum(1 + _value_size(each) for each in values),
    "M": lambda fields: 3 + sum(1 + len(name.encode()) + _value_size(each) for name, each in fields.items()),
}


def _index_units(index: str, old: Image, new: Image) -> int:
    """Return the units of an index that projects keys only: an entry that moves is deleted and written."""
    was, becomes = _entry(index, old), _entry(index, new)
    return 0 if was == becomes else sum(entry is not None for entry in (was, becomes))


def _entry(index: str, item: Image) -> tuple[str, str] | None:
    keys = [(item or {}).get(f"{index}{part}", {}).get("S") for part in ("pk", "sk")]
    return None if None in keys else (keys[0], keys[1])


# --- writes -----------------------------------------------------------------------------------------------


def _images(read: ReadItem, operation: str, request: Mapping[str, Any]) -> list[Image]:
    """Return the items that a write is about, as they are now; none for an operation that writes nothing."""
    return [read(table, key) for table, key in _written(operation, request)]


def _written(operation: str, request: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    match operation:
        case "put_item" | "update_item" | "delete_item":
            return [(request["TableName"], _key(request))]
        case "transact_write_items":
            parts = [next(iter(each.values())) for each in request["TransactItems"]]
            return [(part["TableName"], _key(part)) for part in parts]
        case "batch_write_item":
            return [
                (table, _key(next(iter(each.values()))))
                for table, writes in request["RequestItems"].items()
                for each in writes
            ]
    return []


def _key(part: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = part.get("Key") or {name: part["Item"][name] for name in ("pk", "sk")}
    return found


# --- reads, messages, transitions ---------------------------------------------------------------------------


def _read_units(size: int, *, consistent: bool) -> float:
    return max(1, math.ceil(size / 4096)) * (1.0 if consistent else 0.5)


def _get(request: Mapping[str, Any], answer: Mapping[str, Any]) -> Mapping[str, float]:
    return {"read_units": _read_units(size_of(answer.get("Item")), consistent=bool(request.get("ConsistentRead")))}


def _query(request: Mapping[str, Any], answer: Mapping[str, Any]) -> Mapping[str, float]:
    size = sum(size_of(item) for item in answer["Items"])
    return {"read_units": _read_units(size, consistent=bool(request.get("ConsistentRead")))}


def _batch_get(request: Mapping[str, Any], answer: Mapping[str, Any]) -> Mapping[str, float]:
    units = 0.0
    for table, asked in request["RequestItems"].items():
        once = partial(_read_units, consistent=bool(asked.get("ConsistentRead")))
        found = [size_of(item) for item in answer["Responses"].get(table, ())]
        absent = len(asked["Keys"]) - len(found)
        units += sum(once(size) for size in found) + absent * once(0)
    return {"read_units": units}


def _put_events(request: Mapping[str, Any], _answer: Any) -> Mapping[str, float]:
    return {"bus_events": sum(pieces(entry["Detail"]) for entry in request["Entries"])}


def _send_batch(request: Mapping[str, Any], _answer: Any) -> Mapping[str, float]:
    return {"queue_requests": pieces("".join(entry["MessageBody"] for entry in request["Entries"]))}


def pieces(text: str) -> int:
    """Return how many requests EventBridge and SQS bill for a payload."""
    return max(1, math.ceil(len(text.encode()) / PIECE))


def _start(_request: Any, _answer: Any) -> Mapping[str, float]:
    machine = json.loads(MACHINE.read_text())
    return {"transitions": 1 if _holds_tokens(machine) else len(machine["States"])}


def _answer_token(request: Mapping[str, Any], _answer: Any) -> Mapping[str, float]:
    """Count `More?`, and what follows: `Wait` and `Step`, or `Done`."""
    return {"transitions": 3 if json.loads(request["output"])["more"] else 2}


def _holds_tokens(machine: Mapping[str, Any]) -> bool:
    return "waitForTaskToken" in json.dumps(machine)


_WEIGHTS: Mapping[tuple[str, str], Callable[[Mapping[str, Any], Any], Mapping[str, float]]] = {
    ("dynamodb", "get_item"): _get,
    ("dynamodb", "query"): _query,
    ("dynamodb", "batch_get_item"): _batch_get,
    ("events", "put_events"): _put_events,
    ("sqs", "send_message_batch"): _send_batch,
    ("sqs", "send_message"): lambda request, _: {"queue_requests": pieces(request["MessageBody"])},
    ("sqs", "change_message_visibility"): lambda _request, _answer: {"queue_requests": 1},
    ("stepfunctions", "start_execution"): _start,
    ("stepfunctions", "send_task_success"): _answer_token,
    ("ses", "send_raw_email"): lambda _request, _answer: {"mails": 1},
}
"""Operation → what is counted of a call, beside the items that it writes."""
