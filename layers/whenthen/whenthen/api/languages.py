"""Choose the language in which a caller is answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Query

from whenthen.api.rendering.renderer import Renderer
from whenthen.api.rendering.texts import LANGUAGES
from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reason_codes import NOT_ONE_OF
from whenthen.runtime.http_responses import headers_of
from whenthen.runtime.reason_texts import known_language, language_of

Lang = Annotated[
    str,
    Query(
        max_length=35,
        description=f"Language of texts and sentences: {', '.join(LANGUAGES)}; by default as Accept-Language says.",
    ),
]


def renderer_of(router: Router, lang: str) -> Renderer:
    """Return the renderer of the language that the caller asks for. Raises Invalid if `lang` names an unknown one."""
    if lang and known_language(lang) is None:
        raise Invalid.field("lang", NOT_ONE_OF(options=list(LANGUAGES)))
    return renderer_for(router.current_event.raw_event, lang)


def renderer_for(request: Mapping[str, Any], lang: str = "") -> Renderer:
    """Return the renderer for any request: of `lang`, else of its Accept-Language, else English.

    Browsers send Accept-Language anyhow: if it names no known language, that is no error.
    """
    return Renderer(known_language(lang) or language_of(headers_of(request)))
