"""The workload of `benchmarks/matching.py`: rules and events of customer work, generated from a seed.

24 event types. An event is about 1 kB of JSON. A rule has 1 to 5 conditions: equality 55 %, one-of 10 %,
tag 10 %, range 10 %, prefix, contains or wildcard 8 %, exists 4 %, not-equals 3 %; 13 % of the rules
have an `any` group in place of one of them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

EVENT_TYPES = tuple(
    f"{kind}.{verb}"
    for kind in ("contact", "lead", "deal", "quote", "invoice", "ticket", "task", "meeting")
    for verb in ("created", "field_changed", "deleted")
)
KINDS = ("equals", "in", "has", "range", "text", "exists", "not_equals")
WEIGHTS = (55, 10, 10, 10, 8, 4, 3)
ANY_GROUP = 0.13

WORDS = (
    "spring", "summer", "autumn", "winter", "offer", "price", "renewal", "demo", "trial", "invoice", "payment",
    "urgent", "partner", "student", "school", "clinic", "hotel", "travel", "garden", "kitchen", "mobile", "cloud",
    "energy", "insurance", "credit", "loyalty", "gift", "delivery", "return", "visit",
)  # fmt: skip

_E, _R = "event.data", "record"
CHOICES: dict[str, list[str]] = {
    f"{_R}.status": ["new", "active", "waiting", "won", "lost", "vip"],
    f"{_R}.stage": [f"stage-{n}" for n in range(12)],
    f"{_R}.pipeline": [f"pipeline-{n}" for n in range(8)],
    f"{_R}.source": [f"source-{n}" for n in range(15)],
    f"{_R}.country": [f"c{n:02}" for n in range(40)],
    f"{_R}.city": [f"city-{n}" for n in range(200)],
    f"{_R}.language": ["en", "tr", "hu", "id", "he", "de"],
    f"{_R}.owner": [f"agent:{n}" for n in range(60)],
    f"{_R}.folder": [f"folder-{n}" for n in range(25)],
    f"{_R}.company": [f"company:{n}" for n in range(500)],
    f"{_R}.product": [f"sku-{n}" for n in range(100)],
    f"{_R}.campaign_name": [f"{a} {b} {n}" for n, a in enumerate(WORDS) for b in ("2025", "2026")],
    f"{_E}.form_id": [str(10_000_000 + n) for n in range(150)],
    f"{_E}.channel": ["web", "phone", "mail", "whatsapp", "import"],
    f"{_E}.department": [f"department-{n}" for n in range(20)],
    f"{_E}.currency": ["EUR", "TRY", "HUF", "IDR", "ILS"],
    "event.origin": ["human", "import", "api", "source:meta"],
}
NUMBERS: dict[str, tuple[int, int]] = {
    f"{_R}.amount": (0, 50_000),
    f"{_R}.score": (0, 100),
    f"{_E}.total": (0, 20_000),
    f"{_E}.duration": (0, 3_600),
}
TAGS = [f"tag-{n}" for n in range(60)]
TEXTS = ("event.data.message", f"{_R}.campaign_name", f"{_R}.email")
OPTIONAL = ("record.parent", "event.data.referrer", "record.birth_date", "event.data.coupon")


def make_rules(count: int, seed: int, types: tuple[str, ...] = EVENT_TYPES) -> list[dict[str, Any]]:
    """`count` rules as an admin writes them, the types in turn."""
    return list(each_rule(count, seed, types))


def each_rule(count: int, seed: int, types: tuple[str, ...] = EVENT_TYPES) -> Iterator[dict[str, Any]]:
    """The same rules one by one, for those who weigh them."""
    rng = random.Random(seed)
    for position in range(count):
        yield _rule(rng, position, types[position % len(types)])


def _rule(rng: random.Random, position: int, event_type: str) -> dict[str, Any]:
    predicates: list[dict[str, Any]] = [_leaf(rng) for _ in range(rng.randint(1, 5))]
    if rng.random() < ANY_GROUP:
        predicates[-1] = {"any": [_leaf(rng) for _ in range(rng.randint(2, 3))]}
    return {
        "id": f"rule_{position:06}",
        "name": f"Rule {position}",
        "trigger": {"event": event_type},
        "conditions": {"all": predicates},
        "steps": [{"id": "tag", "action": "add_tags", "with": {"tags": ["seen"]}}],
        "mode": "on",
    }


def _leaf(rng: random.Random) -> dict[str, Any]:
    kind = rng.choices(KINDS, WEIGHTS)[0]
    if kind in ("equals", "not_equals"):
        field = rng.choice(list(CHOICES))
        return {"field": field, "op": kind, "value": rng.choice(CHOICES[field])}
    if kind == "in":
        field = rng.choice(list(CHOICES))
        return {"field": field, "op": "in", "value": rng.sample(CHOICES[field], min(3, len(CHOICES[field]) - 1))}
    if kind == "has":
        return {"field": "record.tags", "op": "has", "value": rng.choice(TAGS)}
    if kind == "range":
        field = rng.choice(list(NUMBERS))
        low, high = NUMBERS[field]
        return {"field": field, "op": rng.choice([">", ">=", "<", "<="]), "value": rng.randint(low, high)}
    if kind == "text":
        return _text_leaf(rng)
    return {"field": rng.choice(OPTIONAL), "op": "exists"}


def _text_leaf(rng: random.Random) -> dict[str, Any]:
    field, word = rng.choice(TEXTS), rng.choice(WORDS)
    op = rng.choice(["starts_with", "contains", "matches"])
    return {"field": field, "op": op, "value": f"*{word}*{rng.randint(0, 9)}*" if op == "matches" else word}


def make_contexts(count: int, seed: int, types: tuple[str, ...] = EVENT_TYPES) -> list[dict[str, Any]]:
    """`count` events with their records, the types in turn; each about 1 kB of JSON."""
    rng = random.Random(seed + 1)
    return [_context(rng, position, types[position % len(types)]) for position in range(count)]


def _context(rng: random.Random, position: int, event_type: str) -> dict[str, Any]:
    picked = {field: rng.choice(values) for field, values in CHOICES.items()}
    numbers = {field: rng.randint(*bounds) for field, bounds in NUMBERS.items()}
    everything = {**picked, **numbers}
    record = {field.split(".")[-1]: value for field, value in everything.items() if field.startswith("record.")}
    data = {field.split(".")[-1]: value for field, value in everything.items() if field.startswith("event.data.")}
    record |= {
        "id": f"{position:08}",
        "first_name": rng.choice(["Ayse", "Budi", "Csilla", "Dana", "Emre"]),
        "phone": f"+90555{rng.randint(1_000_000, 9_999_999)}",
        "email": f"{rng.choice(WORDS)}{rng.randint(0, 999)}@example.com",
        "tags": rng.sample(TAGS, rng.randint(0, 4)),
        "created_at": "2026-03-01T08:00:00.000Z",
    }
    data |= {"message": " ".join(rng.choice(WORDS) for _ in range(rng.randint(3, 9))) + f" {rng.randint(0, 99)}"}
    for field in OPTIONAL:
        if rng.random() < 0.3:
            (record if field.startswith("record.") else data)[field.split(".")[-1]] = "1990-03-14"
    event = {
        "specversion": "1.0",
        "id": f"evt_{position:026}",
        "source": "records",
        "type": event_type,
        "time": "2026-03-14T09:30:00.000Z",
        "subject": f"{event_type.split('.', maxsplit=1)[0]}:{position:08}",
        "origin": picked["event.origin"],
        "data": data,
    }
    return {"event": event, "record": record, "now": "2026-03-14T09:30:01.000Z"}
