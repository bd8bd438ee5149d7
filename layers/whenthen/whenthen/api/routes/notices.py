"""/v1/notices: what rules tell colleagues, for the application in which these work."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Query

from whenthen.api.models.notices import Notice, NoticePage, NoticeReadingBody, NoticesRead
from whenthen.api.requests import Cursor, Id, Limit, caller
from whenthen.api.responses import answers, reply
from whenthen.domain.notices.read_order import MAX_AGENT, parse_read_order
from whenthen.runtime.wiring import wired

router = Router()

STATE = answers("The notice.")
Agent = Annotated[
    str, Query(min_length=1, max_length=MAX_AGENT, description="A reference such as agent:ayse, or an e-mail address.")
]
Unread = Annotated[bool, Query(description="Only those not read.")]


@router.get("/notices", summary="List notices", tags=["notices"], responses=answers("Some of the notices."))
def list_notices(
    agent: Agent, unread: Unread = False, limit: Limit = 50, cursor: Cursor = None
) -> Response[NoticePage]:
    """Of a colleague, newest first, for 90 days. The list follows a change within a second."""
    caller(router, "records:read")
    return reply(NoticePage.of(wired().manage_notices.list(agent, unread=unread, limit=limit, cursor=cursor)))


@router.post(
    "/notices/read", summary="Note many notices as read", tags=["notices"], responses=answers("How many were noted.")
)
def read_all(body: NoticeReadingBody) -> Response[NoticesRead]:
    """Those of a colleague, up to a moment: give that of the newest one on the page, so that no later one is missed.

    At most 100 at once; `more` says whether to ask again.
    """
    caller(router, "records:write")
    order = parse_read_order(body)
    read, more = wired().manage_notices.read_all(order.agent, order.until)
    return reply(NoticesRead(read=read, more=more))


@router.get("/notices/<notice_id>", summary="Read a notice", tags=["notices"], responses=STATE)
def get(notice_id: Id) -> Response[Notice]:
    """It stays unread until that is noted."""
    caller(router, "records:read")
    return reply(Notice.of(wired().manage_notices.get(notice_id)))


@router.post("/notices/<notice_id>/read", summary="Note a notice as read", tags=["notices"], responses=STATE)
def read(notice_id: Id) -> Response[Notice]:
    """A notice that was read before keeps its `read_at`."""
    caller(router, "records:write")
    return reply(Notice.of(wired().manage_notices.read(notice_id)))


@router.post("/notices/<notice_id>/unread", summary="Note a notice as unread", tags=["notices"], responses=STATE)
def unread(notice_id: Id) -> Response[Notice]:
    """It is in the list of unread notices again."""
    caller(router, "records:write")
    return reply(Notice.of(wired().manage_notices.unread(notice_id)))
