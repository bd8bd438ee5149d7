"""A request to a stand-in, the answer that it gives, and the faults that can be put in between."""

from __future__ import annotations

import fnmatch
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reasons import ReasonCode

NO_SUCH_OPTION = ReasonCode("standin.no_such_option", "names")


@dataclass(frozen=True, slots=True)
class Request:
    """A request that came in. Header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def read(cls, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Request:
        """From the request line's parts."""
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        return cls(method, parts.path, query, {name.lower(): value for name, value in headers.items()}, body)

    def json(self) -> Any:
        """The body as JSON, or None where it is not."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that goes back: `document` as JSON, or else `text` as it is."""

    status: int = 200
    document: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""


Drop = Literal["", "before", "after"]


@dataclass(slots=True)
class Fault:
    """A fault that meets the next `times` requests that fit (0: all of them).

    path, method  which requests: a path with `*` for any text, and a method; empty for all
    holds         only requests whose body holds this text: tests that share a stand-in do not meet each other's faults
    delay         seconds to wait first
    drop          close the connection without an answer: `before` the request takes effect, or `after`
    status        answer with it, with `document` and `headers`; the request takes no effect
    code          the provider's own error code, for those that have a shape for errors
    """

    path: str = "*"
    method: str = ""
    holds: str = ""
    times: int = 1
    delay: float = 0.0
    drop: Drop = ""
    status: int = 0
    code: int = 0
    document: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Fault:
        """Read one entry of `faults`. Raises Invalid for a name that no fault has."""
        unknown = set(document) - set(cls.__slots__)
        if unknown:
            raise Invalid.field("faults", NO_SUCH_OPTION(names=sorted(unknown)))
        return cls(**document)

    def fits(self, request: Request) -> bool:
        held = self.holds.encode() in request.body
        return held and fnmatch.fnmatchcase(request.path, self.path) and self.method in ("", request.method)


class Faults:
    """The programmed faults, in order; each request meets the first that fits."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def meet(self, request: Request) -> Fault:
        """The fault that this request meets, and one time less of it; a harmless one if there is none."""
        with self._lock:
            for fault in self._faults:
                if fault.fits(request):
                    fault.times -= 1
                    if fault.times == 0:
                        self._faults.remove(fault)
                    break
            else:
                return Fault()
        time.sleep(fault.delay)
        return fault
