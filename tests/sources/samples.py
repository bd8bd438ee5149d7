"""The sample payloads of `events/`, as bytes and as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).parents[2] / "events"


def sample(name: str) -> bytes:
    """The bytes of a sample, such as `meta/leadgen.json`."""
    return (EVENTS / name).read_bytes()


def sample_json(name: str) -> Any:
    return json.loads(sample(name))
