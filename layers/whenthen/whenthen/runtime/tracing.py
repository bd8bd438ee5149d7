"""Annotate X-Ray's trace of an invocation with ids, so that one query finds all segments of an event.

Documents go to X-Ray's daemon beside the function, by UDP: no request to AWS, nothing to wait for. To import X-Ray's
SDK would cost 200 ms of every cold start.
"""

from __future__ import annotations

import json
import secrets
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from whenthen.runtime.environment import from_environment

ANNOTATED = ("event_id", "run_id", "job_id", "rule_id", "trace_id", "outcome")
"""Fields of a line of the log that become annotations."""

_FORMAT = b'{"format": "json", "version": 1}\n'


def annotate(thing: str, seconds: float, fields: Mapping[str, Any]) -> None:
    """Add a subsegment for the last `seconds` of work on `thing`, with the ids among `fields`, if it is sampled."""
    settings = from_environment()
    header = dict(part.partition("=")[::2] for part in settings.xray_trace.split(";"))
    host, _, port = settings.xray_daemon.rpartition(":")
    if header.get("Sampled") != "1" or not header.get("Root") or not header.get("Parent") or not port.isdigit():
        return
    ended = time.time()
    document = {
        "type": "subsegment",
        "id": secrets.token_hex(8),
        "trace_id": header["Root"],
        "parent_id": header["Parent"],
        "name": thing,
        "start_time": ended - seconds,
        "end_time": ended,
        "annotations": {name: fields[name] for name in ANNOTATED if fields.get(name) is not None},
    }
    # The daemon is Lambda's own: a trace that is lost stops no event.
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.sendto(_FORMAT + json.dumps(document).encode(), (host, int(port)))
