"""Meta's Graph API, as far as whenthen calls it: lead retrieval, WhatsApp messages, custom audiences.

    GET         /{version}/{lead}?fields=…     one lead
    GET         /{version}/{form}/leads        a form's leads: `filtering` by time_created, `limit`, `after`
    POST        /{version}/{number}/messages   a WhatsApp message
    POST|DELETE /{version}/{audience}/users    people into, or out of, a custom audience

Programmed with `{"leads": […], "access_token": "…", "faults": […]}`. A lead is given as the API shows it,
with `id` and `form_id`; a fault's `code` is a Graph error code, answered in Graph's shape.

Besides `calls`, `_received` shows `messages` [{id, at, number, message}] as they were accepted,
`count_by_callback_data` (biz_opaque_callback_data → how many messages carried it), `audiences` (id →
{members}), and the ids of the `leads` that it knows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from dev.standins import graph_audiences, graph_leads, graph_messages
from dev.standins.exchange import Answer, Fault, Request
from dev.standins.graph_errors import BAD_TOKEN, GraphError, no_such_object, unsupported
from dev.standins.server import StandIn
from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reasons import ReasonCode

LEAD_WITHOUT_ID = ReasonCode("standin.lead_without_id")

_EDGE = re.compile(r"/v\d+\.\d+/(?P<node>[A-Za-z0-9_]+)(?:/(?P<edge>[a-z_]+))?")


class Graph(StandIn):
    """The Graph stand-in; `access_token` is the one that it takes."""

    name = "graph"

    def __init__(self, access_token: str) -> None:
        super().__init__()
        self._first_token = self._token = access_token
        self._leads: dict[str, dict[str, Any]] = {}
        self._messages: list[dict[str, Any]] = []
        self._audiences: dict[str, graph_audiences.Audience] = {}
        self._edges: dict[tuple[str, str], Callable[[str, Request], Any]] = {
            ("GET", ""): self._lead,
            ("GET", "leads"): self._form_leads,
            ("POST", "messages"): self._message,
            ("POST", "users"): self._audience_users,
            ("DELETE", "users"): self._audience_users,
        }

    def act(self, request: Request) -> Answer:
        try:
            return Answer(200, self._answer(request))
        except GraphError as error:
            return Answer(error.status, error.document())

    def failure(self, fault: Fault) -> Answer:
        if fault.document is None and fault.code:
            error = GraphError(fault.status, fault.code, f"(#{fault.code}) A programmed failure")
            return Answer(error.status, error.document(), fault.headers)
        return super().failure(fault)

    def shown(self) -> dict[str, Any]:
        keys = [listed["message"].get("biz_opaque_callback_data") for listed in self._messages]
        return {
            "messages": list(self._messages),
            "count_by_callback_data": dict(Counter(key for key in keys if key)),
            "audiences": {name: audience.shown() for name, audience in self._audiences.items()},
            "leads": sorted(self._leads),
        }

    def forget(self) -> None:
        self._leads.clear()
        self._messages.clear()
        self._audiences.clear()
        self._token = self._first_token

    def prepare(self, program: Mapping[str, Any]) -> None:
        rest = dict(program)
        self._token = str(rest.pop("access_token", self._token))
        for lead in rest.pop("leads", []):
            if not isinstance(lead, dict) or not lead.get("id"):
                raise Invalid.field("leads", LEAD_WITHOUT_ID())
            self._leads[str(lead["id"])] = lead
        super().prepare(rest)

    def _answer(self, request: Request) -> Any:
        place = _EDGE.fullmatch(request.path)
        if place is None:
            raise unsupported(request.method)
        bearer = request.headers.get("authorization", "").partition("Bearer ")[2]
        if (bearer or request.query.get("access_token", "")) != self._token:
            raise BAD_TOKEN
        handler = self._edges.get((request.method, place["edge"] or ""))
        if handler is None:
            raise unsupported(request.method)
        with self.lock:
            return handler(place["node"], request)

    def _lead(self, node: str, request: Request) -> Any:
        if node not in self._leads:
            raise no_such_object(node)
        return graph_leads.view(self._leads[node], request.query.get("fields", ""))

    def _form_leads(self, node: str, request: Request) -> Any:
        leads = [lead for lead in self._leads.values() if node in (str(lead.get("form_id")), str(lead.get("ad_id")))]
        return graph_leads.page(leads, request)

    def _message(self, node: str, request: Request) -> Any:
        listed = graph_messages.accept(node, request.json(), len(self._messages))
        self._messages.append(listed)
        return graph_messages.answer(listed)

    def _audience_users(self, node: str, request: Request) -> Any:
        audience = self._audiences.setdefault(node, graph_audiences.Audience(node))
        return audience.change(request)
