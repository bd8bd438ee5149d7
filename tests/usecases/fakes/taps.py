"""A tap on ports: every call passes it on its way in and out, so that a test can stop there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class Tap(Protocol):
    """Listen on the line. `call` is such as `runs.claim`."""

    def before(self, call: str) -> None:
        """The call is about to be made."""

    def after(self, call: str) -> None:
        """The call took effect, and its answer is on the way."""


class Open:
    """Lets everything pass."""

    def before(self, call: str) -> None:
        pass

    def after(self, call: str) -> None:
        pass


class Dying:
    """The process dies right before a call, or before its n-th."""

    class Dead(BaseException):
        pass

    def __init__(self, at: str, times: int = 1) -> None:
        self.at, self.left = at, times

    def before(self, call: str) -> None:
        if call == self.at:
            self.left -= 1
            if self.left <= 0:
                raise Dying.Dead(call)

    def after(self, call: str) -> None:
        pass


class Tapped:
    """A port whose calls pass a tap. It knows no port: any object will do, fakes and adapters alike."""

    def __init__(self, port: Any, name: str, tap: Tap) -> None:
        self._port, self._name, self._tap = port, name, tap

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(self._port, attribute)
        return self._passing(f"{self._name}.{attribute}", found) if callable(found) else found

    def _passing(self, call: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def passing(*arguments: Any, **named: Any) -> Any:
            self._tap.before(call)
            try:
                return method(*arguments, **named)
            finally:
                self._tap.after(call)

        return passing
