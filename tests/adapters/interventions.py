"""A client that lets a test act in the middle of an adapter's work, or lose an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ReadTimeoutError


class Intervening:
    """Passes everything on to `client`; `before` and `after` hold what to do at the next call of an operation."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.before: dict[str, list[Callable[[], object]]] = {}
        self.after: dict[str, list[Callable[[], object]]] = {}
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if not callable(found):
            return found

        def call(**request: Any) -> Any:
            self.calls.append(name)
            for act in self.before.pop(name, []):
                act()
            answer = found(**request)
            for act in self.after.pop(name, []):
                act()
            return answer

        return call


def lose_answer() -> None:
    """The call was carried out, but nobody hears of it."""
    raise ReadTimeoutError(endpoint_url="https://aws.example")
