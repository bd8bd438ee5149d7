"""Look up by path what conditions ask about one event. Each answer is worked out once and kept.

A path is a root and names: `record.address.city`. docs/reference/rules.md, "Fields", is the specification.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct

from whenthen.domain.common.errors import InvalidValue
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.common.values import elements
from whenthen.domain.temporal.time_values import NOW_FIELDS, Duration, now_fields, read_point, span_of
from whenthen.domain.temporal.time_zones import parse_zone

if TYPE_CHECKING:
    from typing import Protocol

    class Earlier(Protocol):
        """Look up the subject's earlier events when a condition asks for the context's `history`."""

        def times(self, event_type: str, since: datetime | None) -> Sequence[object]:
            """Return the times of its events of the type since then, without the present event's."""


T = TypeVar("T")

MAX_FIELD = 200
MAX_NAMES = 12
MAX_COUNTED = 1_000
"""Bound the number of earlier events that a count notices."""

OF_THE_CLOCK = ("now.", "history.")
"""Begin the fields whose answer depends on the time zone."""

Context = Mapping[str, object]

UNKNOWN_ROOT = ReasonCode("condition.unknown_root", "options")
# A field has too many characters (longest), or too many names joined by dots (count).
PATH_TOO_LONG = ReasonCode("condition.path_too_long", "longest", "count")
BAD_PATH = ReasonCode("condition.malformed_path", "root", "example")
UNKNOWN_NOW_FIELD = ReasonCode("condition.unknown_now_field", "options")


class Path(Struct, frozen=True, eq=False, gc=False):
    """Name a field that conditions ask for. Paths with the same `key` have the same answer, and are equal.

    steps   the names from the context on, where the answer stands in it as it is; else none
    zone    of `now.*` and `history.*`: whose clock is read, whose days are counted; None: that of the context's now
    within  of `history.*`: how far back events are counted
    """

    key: str
    root: str
    names: tuple[str, ...]
    steps: tuple[str, ...]
    zone: str | None = None
    within: Duration | None = None

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Path) and self.key == other.key)

    def __hash__(self) -> int:
        return hash(self.key)


@lru_cache(maxsize=16_384)
def parse_path(written: str, zone: str | None = None, within: Duration | None = None) -> Path:
    """Read a path. Equal arguments give the same object. Raises InvalidValue."""
    root, *names = written.split(".")
    row = ROOTS.get(root)
    if row is None:
        raise InvalidValue(UNKNOWN_ROOT(options=list(ROOTS)))
    if len(written) > MAX_FIELD or len(names) > MAX_NAMES:
        raise InvalidValue(PATH_TOO_LONG(longest=MAX_FIELD, count=MAX_NAMES))
    if len(names) < row.names or not all(names):
        raise InvalidValue(BAD_PATH(root=root, example=row.example))
    if root == "now" and written[4:] not in NOW_FIELDS:
        raise InvalidValue(UNKNOWN_NOW_FIELD(options=sorted(NOW_FIELDS)))
    zone = zone if written.startswith(OF_THE_CLOCK) else None
    key = written if zone is None and within is None else f"{written} {zone} {within}"
    return Path(key, root, tuple(names), () if row.read else (root, *names), zone, within)


class Facts:
    """Hold the facts about one event: its `context`, looked up by path.

    context   {"event": …, "record": …, "before": …, "related": …, "steps": …, "history": …, "now": …}; any may miss
    """

    __slots__ = ("_answers", "_now", "context")

    def __init__(self, context: Context) -> None:
        self.context = context
        self._answers: dict[object, Any] = {}
        self._now: datetime | None = None

    def read(self, path: Path) -> object:
        """Return the value at `path`. None if missing or null."""
        value: object = self.context
        for name in path.steps:
            if type(value) is not dict:
                return walk(self.context, path.steps)
            value = value.get(name)
            if value is None:
                return None
        return value if path.steps else self._worked_out(path)

    def _worked_out(self, path: Path) -> object:
        read = ROOTS[path.root].read
        return self.kept(path.key, lambda: read(self, path) if read else None)

    def kept(self, key: object, make: Callable[[], T]) -> T:
        """Return what was made under this key before; else make it and keep it."""
        if key not in self._answers:
            self._answers[key] = make()
        found: T = self._answers[key]
        return found

    def now(self) -> datetime:
        """Return the moment of matching, aware: the context's now, else the event's time, else the epoch."""
        if self._now is None:
            event = self.context.get("event")
            given = self.context.get("now") or (event.get("time") if isinstance(event, Mapping) else None)
            point = read_point(given)
            if not isinstance(point, datetime):
                point = datetime.fromtimestamp(0, UTC)
            self._now = point if point.tzinfo else point.replace(tzinfo=UTC)
        return self._now

    def zone(self, name: str | None) -> tzinfo:
        """Return the zone called `name`. Without a name, return the zone in which now is given."""
        return (parse_zone(name) if name else self.now().tzinfo) or UTC

    def changed_names(self) -> Sequence[str]:
        """Return the fields of the record that may have changed. `change` finds no change of any other field."""
        event = self.context.get("event")
        changes = event.get("changes") if isinstance(event, Mapping) else None
        if changes and isinstance(changes, Mapping):
            return list(changes)
        before, record = self.context.get("before"), self.context.get("record")
        if not isinstance(before, Mapping):
            return ()
        return list({**before, **record} if isinstance(record, Mapping) else before)

    def change(self, path: Path) -> tuple[object, object]:
        """Return the record's field before and after the change. The event's `changes` decide if there are any."""
        event = self.context.get("event")
        changes = event.get("changes") if isinstance(event, Mapping) else None
        if changes and isinstance(changes, Mapping):
            change = changes.get(path.names[0])
            if not isinstance(change, Mapping):
                return None, None
            return walk(change.get("from"), path.names[1:]), walk(change.get("to"), path.names[1:])
        before = self.context.get("before")
        if not isinstance(before, Mapping):
            return None, None
        record = self.context.get("record")
        return walk(before, path.names), walk(record, path.names) if isinstance(record, Mapping) else None


def walk(value: object, names: Sequence[str]) -> object:
    """Return the value to which `names` lead. A list is passed through: by position, else into each of its items."""
    for position, name in enumerate(names):
        if type(value) is dict or isinstance(value, Mapping):
            value = value.get(name)
        elif type(value) is list:
            return _through(value, names[position:])
        else:
            return None
    return value


def _through(items: Sequence[object], names: Sequence[str]) -> object:
    if names[0].isascii() and names[0].isdigit():
        if not isinstance(items, list | tuple) or len(names[0]) > 6 or int(names[0]) >= len(items):
            return None
        return walk(items[int(names[0])], names[1:])
    found: list[object] = []
    for item in items:
        if isinstance(item, Mapping):
            found.extend(elements(walk(item, names)))
    return found or None


def _read_now(facts: Facts, path: Path) -> object:
    return now_fields(facts.now(), facts.zone(path.zone))[path.names[0]]


def _read_history(facts: Facts, path: Path) -> object:
    """Count the events of the type, with the present one, from `within` ago until now."""
    history, event = facts.context.get("history"), facts.context.get("event")
    event_type = ".".join(path.names)
    now = facts.now()
    since = path.within.from_moment(now, facts.zone(path.zone), -1) if path.within else None
    if history is None or isinstance(history, Mapping):
        times = elements(history.get(event_type)) if history else ()
    else:
        times = history.times(event_type, since)  # type: ignore[attr-defined]
    own = 0
    if isinstance(event, Mapping) and event.get("type") == event_type:
        at = _first_of(event.get("time"))
        own = 1 if at is None or since is None or at >= since else 0
    found = map(_first_of, times[:MAX_COUNTED])
    return own + sum(at is not None and at <= now and (since is None or at >= since) for at in found)


def _first_of(value: object) -> datetime | None:
    """Return the moment that is written, or the first of those that it may mean. None if it is no moment."""
    point = read_point(value)
    return span_of(point, UTC).first if isinstance(point, datetime) else None


class Root(Struct, frozen=True, gc=False):
    names: int
    example: str
    read: Callable[[Facts, Path], object] | None = None


ROOTS: Mapping[str, Root] = {
    "event": Root(1, "event.data.amount"),
    "record": Root(1, "record.status"),
    "before": Root(1, "before.status"),
    "related": Root(2, "related.owner.team"),
    "steps": Root(2, "steps.crm.status"),
    "now": Root(1, "now.weekday", _read_now),
    "history": Root(2, "history.call.incoming_missed", _read_history),
}
"""Root of a field → the number of names that must follow, and the function that works it out, if any."""
