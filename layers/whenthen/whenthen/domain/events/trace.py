"""Derive and read the trace context of events: W3C Trace Context, level 1, in its header `traceparent`.

All that comes of one event is one trace. Its id follows from the id of the event with which the chain began, unless
that event's sender gave a context: then the sender's trace goes on. A context decides only what is shown as one trace.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

HEADER = "traceparent"

_FORM = re.compile(r"(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII)
_TRACE = slice(3, 35)
_FLAGS = slice(53, 55)
_SAMPLED, _KNOWN_FLAGS = 0x01, 0x03


def read(text: Any) -> str:
    """Return a sender's context in the form of version 00. Empty for one that is missing or not valid."""
    found = _FORM.fullmatch(text) if isinstance(text, str) else None
    if found is None or (found[1] == "00" and found[5]):
        return ""
    trace, span, flags = found[2], found[3], int(found[4], 16) & _KNOWN_FLAGS
    return f"00-{trace}-{span}-{flags:02x}" if int(trace, 16) and int(span, 16) else ""


def taken(text: Any, root: str) -> str:
    """Return a sender's context as `read` does. Empty also for the one that follows from the event `root` anyway."""
    context, own = read(text), derived(root)
    return "" if (context[_TRACE], context[_FLAGS]) == (own[_TRACE], own[_FLAGS]) else context


def derived(root: str, producer: str = "") -> str:
    """Return the context of what comes of the event `root`, made by `producer` (a run, a job; empty: the event)."""
    # All events of one change are one trace: the id of another one begins with the main one's.
    main = root.partition(".")[0]
    return f"00-{_digest('trace', main)[:32]}-{span_id(producer or main)}-{_SAMPLED:02x}"


def made_by(context: str, producer: str) -> str:
    """Return the context of what `producer`, a run or a job, makes within the trace of `context`."""
    return f"00-{context[_TRACE]}-{span_id(producer)}-{context[_FLAGS]}"


def trace_id(context: str) -> str:
    """Return the trace's id of a context: 32 hexadecimal digits."""
    return context[_TRACE]


def span_id(producer: str) -> str:
    """Derive the span's id of a run or a job: 16 hexadecimal digits."""
    return _digest("span", producer)[:16]


def _digest(*parts: str) -> str:
    return sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()
