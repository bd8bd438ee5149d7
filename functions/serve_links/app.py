"""GET and POST /links/{page}/{token}: customers unsubscribe, or choose their channels. The token is the proof."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from whenthen.api import link_pages
from whenthen.domain.common.errors import NotFound, TooLarge, WhenthenError, handling_of
from whenthen.domain.sending.sealed_links import PREFERENCES, UNSUBSCRIBE
from whenthen.runtime import http_responses
from whenthen.runtime.observability import count, loggable, logger, metrics, work_begins
from whenthen.runtime.wiring import wired
from whenthen.usecases.sending.preferences import UNKNOWN_LINK

MAX_BODY = 10_000
_MAX_FIELDS = 20


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers with a page; a choice is durable before it says so."""
    work_begins()
    headers = http_responses.headers_of(event)
    try:
        return _answer(event, headers)
    except WhenthenError as error:
        logger.warning("refused", **loggable(error))
        count("LinksRefused")
        return link_pages.error_page(link_pages.language(headers, None), handling_of(error).status, error.reason)


def _answer(event: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    page, token = event["pathParameters"]["page"], event["pathParameters"]["token"]
    posted = event["requestContext"]["http"]["method"] == "POST"
    preferences = wired().preferences
    if page == UNSUBSCRIBE:
        if posted:
            # RFC 8058: a mail program posts List-Unsubscribe=One-Click, in either encoding; the page an empty form.
            body = http_responses.raw_body(event, MAX_BODY)
            choices = preferences.unsubscribe(token, "one_click" if b"One-Click" in body else "page")
        else:
            choices = preferences.read(UNSUBSCRIBE, token)
        spoken = link_pages.language(headers, choices.language)
        return link_pages.unsubscribe_page(spoken, choices.channel, done=posted)
    if page == PREFERENCES:
        choices = preferences.choose(token, _wanted(event), "page") if posted else preferences.read(PREFERENCES, token)
        spoken = link_pages.language(headers, choices.language)
        return link_pages.preferences_page(spoken, choices, saved=posted)
    raise NotFound(UNKNOWN_LINK())


def _wanted(event: Mapping[str, Any]) -> list[str]:
    """Return the channels of which the form has a tick. Raises TooLarge, Malformed."""
    body = http_responses.raw_body(event, MAX_BODY).decode("utf-8", "replace")
    try:
        return parse_qs(body, max_num_fields=_MAX_FIELDS).get("channel", [])
    except ValueError as error:
        raise TooLarge(UNKNOWN_LINK()) from error
