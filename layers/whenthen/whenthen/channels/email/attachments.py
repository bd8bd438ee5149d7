"""Gather the files that a mail carries: those of the event, those that a record names, and those behind a URL."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from whenthen.channels.email.files import file_of, name_in_disposition
from whenthen.domain.common.errors import AnswerLost, Invalid, Permanent, Temporary
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.records.record import as_context, is_ref
from whenthen.ports.outgoing import HttpRequest, is_not_now
from whenthen.ports.reason_codes import NO_ANSWER, RECORD_NOT_FOUND

if TYPE_CHECKING:
    from whenthen.ports.clock import Clock
    from whenthen.ports.outgoing import File
    from whenthen.ports.providers import Http, Objects
    from whenthen.ports.records import RecordStore

MAX_BYTES = 7_000_000
"""Bytes of all files of a mail: encoded, and with its texts, the mail stays below the 10 MB that SES takes."""

MAX_FILES = 20

FETCH_SECONDS = 4.0
"""Longest time of a call for a file, and time after which no further call begins: the mail itself must go in time."""

STORED = "attachments/"
"""Beginning of the keys of stored files. Other objects, such as whole mails, are never attached."""

EVENT, FIELD = "event", "field:"

RECEIVER = "email"
"""Source of events whose files the stack itself stored."""

TOO_MANY_FILES = ReasonCode("mail.too_many_files", "count", "found")
FILES_TOO_LARGE = ReasonCode("mail.files_too_large", "most")
# `value` is neither an https URL, nor names a stored file or a record with one.
NO_FILE = ReasonCode("mail.no_file", "value")
# The host of a file's URL answered with this status.
FILE_NOT_SERVED = ReasonCode("mail.file_not_served", "host", "status")


class Attachments(Struct, frozen=True):
    """Gather files from the store and, through the guarded client, from the outside. Each is made when it is needed."""

    objects: Callable[[], Objects]
    http: Callable[[], Http]
    records: RecordStore
    clock: Clock

    def gather(self, texts: list[str], literal: set[str], context: Mapping[str, Any]) -> tuple[File, ...]:
        """Return the files that the texts name. `literal`: those that an admin wrote so, among which alone are words.

        Raises Invalid for what names no file, and for too many or too large ones; NotFound, Permanent, Temporary.
        """
        named = [each for text in texts if text.strip() for each in self._named(text.strip(), text in literal, context)]
        if len(named) > MAX_FILES:
            raise Invalid.field("with.attachments", TOO_MANY_FILES(count=MAX_FILES, found=len(named)))
        found: list[File] = []
        began, left = self.clock.now(), MAX_BYTES
        for each in named:
            if self.clock.now() - began > timedelta(seconds=FETCH_SECONDS):
                raise Temporary(NO_ANSWER(provider=_host(each), error="TimeoutError"))
            found.append(self._file(each, left))
            left -= len(found[-1].content)
            if left < 0:
                raise _too_large()
        return tuple(found)

    def _named(self, text: str, literal: bool, context: Mapping[str, Any]) -> Iterator[Any]:
        """Yield what a text names: URLs, and objects with `key` or `url`.

        What a value names may be what a stranger typed. So it is a URL, or a record that is about the run's own.
        """
        own = (context["record"] or {}).get("ref")
        if literal and text == EVENT:
            received = context["event"]["source"] == RECEIVER
            found = context["event"]["data"].get("attachments") or ()
            yield from found if received else map(_outside, found)
        elif literal and text.startswith(FIELD):
            value = (context["record"] or {}).get(text.removeprefix(FIELD).strip())
            for item in value if isinstance(value, list) else [] if value is None else [value]:
                yield self._record(item, own) if _names_file(item) else _outside(item)
        elif _names_file(text):
            yield self._record(text, None if literal else own, any_record=literal)
        else:
            yield text

    def _record(self, ref: str, own: str | None, *, any_record: bool = False) -> Mapping[str, Any]:
        """Return the file that a record describes, in its field `file` or itself.

        own  the run's record: the other one must name it in one of its fields, unless it may be `any_record`

        Raises Invalid if there is none.
        """
        record = self.records.get(ref)
        if record is None or not (any_record or (own and (ref == own or _names(record.fields, own)))):
            raise Invalid.field("with.attachments", RECORD_NOT_FOUND(ref=ref))
        fields = as_context(record)
        return fields["file"] if isinstance(fields.get("file"), Mapping) else fields

    def _file(self, named: Any, most: int) -> File:
        described = named if isinstance(named, Mapping) else {"url": named}
        key, url = described.get("key"), described.get("url")
        if isinstance(key, str) and key.startswith(STORED):
            return file_of(self.objects().get(key), described.get("name"), described.get("type"))
        if isinstance(url, str) and urlsplit_scheme(url) in ("https", "http"):
            return self._fetched(url, described, most)
        raise Invalid.field("with.attachments", NO_FILE(value=str(url or key or described.get("ref") or "")))

    def _fetched(self, url: str, described: Mapping[str, Any], most: int) -> File:
        """Fetch a file. Raises Permanent if its host refuses it or it is too large, Temporary if it may come later."""
        try:
            answer = self.http().send(HttpRequest("GET", url, {"Accept": "*/*"}, most=max(most, 0) + 1))
        except AnswerLost as error:  # nothing happens by reading: it may be read again
            raise Temporary(error.reason) from error
        reason = FILE_NOT_SERVED(host=_host(url), status=answer.status)
        if is_not_now(answer) or answer.status >= 500:
            raise Temporary(reason)
        if answer.status != 200:
            raise Permanent(reason)
        if answer.cut or len(answer.body) > most:
            raise _too_large()
        name = described.get("name") or name_in_disposition(answer.headers.get("content-disposition", ""))
        return file_of(
            answer.body,
            name or unquote(urlsplit(url).path.rpartition("/")[2]),
            described.get("type") or answer.headers.get("content-type"),
        )


def _outside(item: Any) -> Any:
    """Return a file that is described from outside: it has a URL, and names nothing that is stored."""
    return {name: value for name, value in item.items() if name != "key"} if isinstance(item, Mapping) else item


def _names(fields: Mapping[str, Any], ref: str) -> bool:
    return any(ref == value or (isinstance(value, list) and ref in value) for value in fields.values())


def urlsplit_scheme(url: str) -> str:
    """Return the scheme of a URL; empty if it cannot be read."""
    try:
        return urlsplit(url).scheme
    except ValueError:
        return ""


def _too_large() -> Invalid:
    return Invalid.field("with.attachments", FILES_TOO_LARGE(most=MAX_BYTES))


def _host(named: Any) -> str:
    url = named.get("url", "") if isinstance(named, Mapping) else named
    return (urlsplit(str(url)).hostname or "") if urlsplit_scheme(str(url)) else ""


def _names_file(value: Any) -> bool:
    """Tell whether a value refers to a record: `https://…` is a URL, whatever its scheme could stand for."""
    return is_ref(value) and "//" not in value
