"""How the Graph API shows leads: the fields that were asked for, and pages behind a cursor."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dev.standins.exchange import Request
from dev.standins.graph_errors import GraphError

_DEFAULT_FIELDS = ("created_time", "id", "field_data")
_FIELDS = {
    *("ad_id", "ad_name", "adset_id", "adset_name", "campaign_id", "campaign_name", "created_time"),
    *("custom_disclaimer_responses", "field_data", "form_id", "home_listing", "id", "is_organic", "partner_name"),
    *("platform", "post", "post_submission_check_result", "retailer_item_id", "vehicle"),
}


def view(lead: Mapping[str, Any], fields: str) -> dict[str, Any]:
    """The lead with the fields named in `fields`, comma-separated; without any, Graph's default few."""
    asked = [name.strip() for name in fields.split(",") if name.strip()] or list(_DEFAULT_FIELDS)
    for name in asked:
        if name not in _FIELDS:
            raise GraphError(400, 100, f"(#100) Tried accessing nonexisting field ({name})")
    return {name: lead[name] for name in dict.fromkeys([*asked, "id"]) if name in lead}


def page(leads: Sequence[Mapping[str, Any]], request: Request) -> dict[str, Any]:
    """Return a page of leads, newest first, with cursors and, unless it is the last, the next page's address."""
    later_than = _later_than(request.query.get("filtering", "[]"))
    wanted = sorted((lead for lead in leads if _created(lead) > later_than), key=_created, reverse=True)
    begin, limit = _position(request.query.get("after", "")), int(request.query.get("limit", "25"))
    shown = wanted[begin : begin + limit]
    document: dict[str, Any] = {"data": [view(lead, request.query.get("fields", "")) for lead in shown]}
    if shown:
        after = _cursor(begin + len(shown))
        document["paging"] = {"cursors": {"before": _cursor(begin), "after": after}}
        if begin + limit < len(wanted):
            document["paging"]["next"] = f"http://{request.headers.get('host', '')}{request.path}?after={after}"
    return document


def _later_than(filtering: str) -> float:
    """The unix time of the one filter there is: time_created GREATER_THAN."""
    try:
        filters = json.loads(filtering)
        fits = all((one["field"], one["operator"]) == ("time_created", "GREATER_THAN") for one in filters)
        times = [float(one["value"]) for one in filters]
    except (ValueError, TypeError, KeyError):
        fits, times = False, []
    if not fits:
        raise GraphError(400, 100, "(#100) param filtering is not one that is understood here")
    return max(times, default=0.0)


def _created(lead: Mapping[str, Any]) -> float:
    try:
        return datetime.strptime(str(lead.get("created_time")), "%Y-%m-%dT%H:%M:%S%z").timestamp()
    except ValueError:
        return 0.0


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(f"at {position}".encode()).decode()


def _position(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.urlsafe_b64decode(cursor).decode().removeprefix("at "))
    except ValueError:
        raise GraphError(400, 100, "(#100) param after is not a cursor") from None
