"""A small client of whenthen's management API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from dev import web


class Refused(Exception):
    """The API answered with an error; `problem` is its RFC 9457 document."""

    def __init__(self, method: str, path: str, answer: web.Answer) -> None:
        super().__init__(f"{method} {path}: {answer.status} {answer.body.decode(errors='replace')}")
        self.status = answer.status
        try:
            self.problem = answer.json()
        except ValueError:
            self.problem = None


@dataclass(frozen=True, slots=True)
class Api:
    """The API at `url`, called with one key."""

    url: str
    key: str

    def call(
        self, method: str, path: str, document: Any = None, headers: Mapping[str, str] | None = None
    ) -> web.Answer:
        """Make a call and return its answer, whatever its status: `call("GET", "/v1/rules")`."""
        return web.call(method, self.url + path, document, {"authorization": f"Bearer {self.key}", **(headers or {})})

    def get(self, path: str) -> Any:
        """The answer's document. Raises Refused for a status of 400 and above."""
        return self._expect("GET", path)

    def items(self, path: str) -> Iterator[Any]:
        """Each item of a list, page by page: `items("/v1/records/task")`. Raises Refused."""
        cursor = ""
        while True:
            page = self.get(f"{path}{'&' if '?' in path else '?'}limit=100{cursor}")
            yield from page["items"]
            if page.get("cursor") is None:
                return
            cursor = f"&cursor={quote(page['cursor'], safe='')}"

    def post(self, path: str, document: Any, **headers: str) -> Any:
        """As `get`; headers are named with underscores: `idempotency_key="…"`."""
        return self._expect("POST", path, document, headers)

    def put(self, path: str, document: Any, **headers: str) -> Any:
        """As `post`."""
        return self._expect("PUT", path, document, headers)

    def patch(self, path: str, document: Any, **headers: str) -> Any:
        """As `post`."""
        return self._expect("PATCH", path, document, headers)

    def delete(self, path: str, **headers: str) -> Any:
        """As `post`, without a document."""
        return self._expect("DELETE", path, None, headers)

    def _expect(self, method: str, path: str, document: Any = None, headers: Mapping[str, str] | None = None) -> Any:
        named = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        answer = self.call(method, path, document, named)
        if answer.status >= 400:
            raise Refused(method, path, answer)
        return answer.json()


class HasApi(Protocol):
    """Anything with whenthen's management API: a local stack, or one in an account."""

    @property
    def api(self) -> Api:
        """The management API, with the admin key."""
