"""Call Meta's Graph API through the guarded client. The access token travels in a header, never in a URL."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from whenthen.adapters.providers.graph_errors import error_of, json_object
from whenthen.domain.common.errors import AccountRefused, AnswerLost, NotFound, Permanent, Temporary
from whenthen.domain.common.reasons import ReasonCode
from whenthen.ports.outgoing import HttpAnswer, HttpRequest
from whenthen.ports.values import LeadPage
from whenthen.sources.meta.leads import GRAPH_FIELDS, LISTED_FIELDS
from whenthen.sources.parsing.json_body import mapping, mappings

if TYPE_CHECKING:
    from datetime import datetime

    from whenthen.ports.providers import Http, Secrets

SECRET = "meta"  # noqa: S105 - the name of a secret
"""`access_token` (a system user's) and `phone_number_id` (the sender of WhatsApp messages) are read from it."""

PAGE = 100
"""Leads of a page: with the few fields that are requested, far below what is read of an answer."""


MAX_READ = 1_000_000
"""Bytes that are read of leads: a form's long answers are written as six bytes a letter outside of ASCII."""

UNREADABLE = ReasonCode("meta.unreadable_answer")
# Meta's answer is longer than `most` bytes.
TOO_LONG = ReasonCode("meta.answer_too_long", "most")
# Meta took the message, but gave no id for it.
NO_MESSAGE_ID = ReasonCode("meta.no_message_id")
NO_SECRET = ReasonCode("meta.no_secret", "secret")
INCOMPLETE_SECRET = ReasonCode("meta.incomplete_secret", "secret", "name")


class GraphApi:
    """Read leads, send WhatsApp messages, and change audiences."""

    def __init__(self, http: Http, secrets: Secrets, url: str, version: str) -> None:
        self._http = http
        self._secrets = secrets
        self._base = f"{url.rstrip('/')}/{version}"

    def lead(self, leadgen_id: str) -> Mapping[str, Any]:
        """Read the lead's document with its fields. Raises Temporary (Throttled for rate limits) or Permanent."""
        url = f"{self._base}/{quote(leadgen_id, safe='')}?{urlencode({'fields': GRAPH_FIELDS}, safe=',')}"
        try:
            return self._read(url)
        except AnswerLost as error:  # reading changes nothing: it may be repeated
            raise Temporary(error.reason) from error

    def leads(self, form_id: str, since: datetime, after: str | None) -> LeadPage:
        """Read a page of the form's leads submitted after `since`. Raises Temporary (also Throttled) or Permanent."""
        later = {"field": "time_created", "operator": "GREATER_THAN", "value": int(since.timestamp())}
        query = {"fields": LISTED_FIELDS, "filtering": json.dumps([later]), "limit": str(PAGE)}
        query |= {"after": after} if after else {}
        url = f"{self._base}/{quote(form_id, safe='')}/leads?{urlencode(query, safe=',')}"
        try:
            document = self._read(url)
        except AnswerLost as error:  # reading changes nothing: it may be repeated
            raise Temporary(error.reason) from error
        rows, paging = document.get("data"), mapping(document.get("paging"))
        if not isinstance(rows, list):
            raise Temporary(UNREADABLE())
        # `next` only says that there is a next page: its URL, which carries the access token, is not followed.
        cursor = mapping(paging.get("cursors")).get("after") if paging.get("next") else None
        return LeadPage(mappings(rows), cursor if isinstance(cursor, str) and cursor else None)

    def message(self, message: Mapping[str, Any], key: str) -> HttpRequest:
        """Make the call that sends a WhatsApp message; its delivery reports carry `key`.

        Raises Permanent if Meta's secret is missing, Temporary if it cannot be read now.
        """
        url = f"{self._base}/{quote(self._secret('phone_number_id'), safe='')}/messages"
        body = json.dumps({**message, "biz_opaque_callback_data": key}, ensure_ascii=False).encode()
        return HttpRequest("POST", url, {**self._headers(), "content-type": "application/json"}, body)

    def send_message(self, call: HttpRequest) -> str:
        """Send the message and return its id.

        Raises Temporary if Meta says that it did not send (Throttled for rate limits, AccountRefused for an expired
        token), Permanent, or AnswerLost.
        """
        answer = _document(self._answer(call))
        match answer.get("messages"):
            case [{"id": str(message_id)}, *_]:
                return message_id
        raise AnswerLost(NO_MESSAGE_ID())

    def audience_call(self, audience: str, row: Mapping[str, str], *, adding: bool) -> HttpRequest:
        """Make the call that adds a row of hashes to a custom audience, or removes it.

        Raises Permanent if Meta's secret is missing, Temporary if it cannot be read now.
        """
        url = f"{self._base}/{quote(audience, safe='')}/users"
        payload = {"schema": list(row), "data": [list(row.values())]}
        body = json.dumps({"payload": payload}).encode()
        headers = {**self._headers(), "content-type": "application/json"}
        return HttpRequest("POST" if adding else "DELETE", url, headers, body)

    def change_audience(self, call: HttpRequest) -> Mapping[str, Any]:
        """Make the change and return Meta's answer.

        Raises Temporary if Meta says that it did nothing (Throttled for rate limits, AccountRefused for an expired
        token), Permanent, or AnswerLost.
        """
        return _document(self._answer(call))

    def _read(self, url: str) -> Mapping[str, Any]:
        """Read a URL. Raises Permanent if the answer is longer than MAX_READ: a retry would get as much again.

        So it does where the account is refused: leads have no channel that could pause.
        """
        try:
            answer = self._answer(HttpRequest("GET", url, self._headers(), most=MAX_READ))
        except AccountRefused as error:
            raise Permanent(error.reason) from error
        if answer.cut:
            raise Permanent(TOO_LONG(most=MAX_READ))
        return _document(answer)

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._secret('access_token')}", "accept": "application/json"}

    def _answer(self, call: HttpRequest) -> HttpAnswer:
        answer = self._http.send(call)
        if not 200 <= answer.status < 300:
            raise error_of(answer)
        return answer

    def _secret(self, name: str) -> str:
        try:
            value = self._secrets.get(SECRET).get(name)
        except NotFound as error:
            raise Permanent(NO_SECRET(secret=SECRET)) from error
        if not isinstance(value, str) or not value:
            raise Permanent(INCOMPLETE_SECRET(secret=SECRET, name=name))
        return value


def _document(answer: HttpAnswer) -> Mapping[str, Any]:
    """Read the JSON object of a 2xx answer. Raises AnswerLost if it broke off."""
    document = json_object(answer.body)
    if document is None:
        raise AnswerLost(UNREADABLE())
    return document
