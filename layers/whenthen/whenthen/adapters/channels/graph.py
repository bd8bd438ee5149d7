"""Meta's Graph API: leads are read from it, WhatsApp messages are sent through it.

Sources: WhatsApp Cloud API, error codes; Graph API, error handling; Marketing API, retrieving leads.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from whenthen.domain.errors import AnswerLost, NotFound, Permanent, Temporary
from whenthen.ports import Http, HttpAnswer, HttpRequest, Secrets
from whenthen.sources.meta_leads import GRAPH_FIELDS

SECRET = "meta"  # noqa: S105 - the name of a secret

RETRY_AFTER: Mapping[int, float] = {
    1: 10,  # unknown error of the API
    2: 30,  # service temporarily unavailable
    4: 300,  # too many calls of the app
    17: 300,  # too many calls of the user
    32: 300,  # too many calls to the page
    613: 300,  # too many calls of one kind
    80005: 300,  # too many lead calls to the page
    80007: 300,  # too many calls of the WhatsApp account
    130429: 30,  # throughput
    131000: 10,  # something went wrong
    131016: 30,  # service overloaded
    131056: 30,  # too many messages to this customer
    131057: 300,  # account in maintenance
}
"""Error codes after which the same call may succeed, with the seconds to wait. Nothing was sent."""


class GraphApi:
    """Calls Graph with the token of the secret `meta`; `version` is such as v25.0."""

    def __init__(self, http: Http, secrets: Secrets, url: str, version: str) -> None:
        self._http = http
        self._secrets = secrets
        self._base = f"{url.rstrip('/')}/{version}"

    def lead(self, leadgen_id: str) -> Mapping[str, Any]:
        """The lead's document with its fields. Raises Temporary (also for rate limits) or Permanent."""
        url = f"{self._base}/{quote(leadgen_id, safe='')}?fields={GRAPH_FIELDS}"
        try:
            answer = self._http.send(HttpRequest("GET", url, self._authorization()))
        except AnswerLost as error:
            raise Temporary(error.reason) from error  # reading twice harms nobody
        return _document(answer, lost=Temporary)

    def send_message(self, message: Mapping[str, Any], key: str) -> str:
        """Send a WhatsApp message that carries `key` back in its statuses; returns its id.

        Raises Temporary where Meta says that it did not send, Permanent, or AnswerLost.
        """
        number = self._setting("phone_number_id")
        body = json.dumps({**message, "biz_opaque_callback_data": key}, ensure_ascii=False).encode()
        headers = {**self._authorization(), "content-type": "application/json"}
        url = f"{self._base}/{quote(number, safe='')}/messages"
        document = _document(self._http.send(HttpRequest("POST", url, headers, body)), lost=AnswerLost)
        try:
            return str(document["messages"][0]["id"])
        except (KeyError, IndexError, TypeError) as error:
            raise AnswerLost("WhatsApp answered without a message id") from error

    def _authorization(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._setting('access_token')}"}

    def _setting(self, name: str) -> str:
        try:
            value = self._secrets.get(SECRET).get(name)
        except NotFound:
            value = None
        if not isinstance(value, str) or not value:
            raise Permanent(f"the secret {SECRET} has no {name}")
        return value


def _document(answer: HttpAnswer, *, lost: type[Temporary] | type[AnswerLost]) -> Mapping[str, Any]:
    """The answer's document. `lost`: what it means when the answer does not say whether the call took effect."""
    try:
        document = json.loads(answer.body)
    except ValueError:
        document = None
    if isinstance(document, Mapping) and 200 <= answer.status < 300:
        return document
    error = document.get("error") if isinstance(document, Mapping) else None
    if not isinstance(error, Mapping) or not isinstance(error.get("code"), int):
        if answer.status == 429:
            raise Temporary("Graph answered 429", retry_after=60)
        if 400 <= answer.status < 500:
            raise Permanent(f"Graph answered {answer.status}", code=str(answer.status))
        raise lost(f"Graph answered {answer.status} without saying what happened")
    code = int(error["code"])
    said = f"Graph error {code}: {_said(error)}"
    if code in RETRY_AFTER:
        raise Temporary(said, retry_after=RETRY_AFTER[code])
    raise Permanent(said, code=str(code))


def _said(error: Mapping[str, Any]) -> str:
    data = error.get("error_data")
    details = data.get("details") if isinstance(data, Mapping) else None
    return str(details or error.get("message") or "no message")[:300]
