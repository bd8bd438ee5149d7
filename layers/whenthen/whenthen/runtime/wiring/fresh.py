"""Make something anew at each use, unless it was set by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class fresh(Generic[T]):  # noqa: N801 - it is used as `property` is
    """Mark a method whose value follows from settings: it is made at each use. A value that is set goes before it."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, holder: None, owner: type) -> fresh[T]: ...
    @overload
    def __get__(self, holder: object, owner: type) -> T: ...
    def __get__(self, holder: object | None, owner: type) -> fresh[T] | T:
        return self if holder is None else self._make(holder)
