"""/v1/channels: how the channels stand, and what waits for them."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from whenthen.api.languages import Lang, renderer_of
from whenthen.api.models.work.channels import Channel, ChannelList, ResumeBody
from whenthen.api.requests import Id, caller
from whenthen.api.responses import answers, reply
from whenthen.runtime.wiring import wired

router = Router()

STATE = answers("The channel.")


@router.get("/channels", summary="List channels", tags=["channels"], responses=answers("All channels."))
def list_channels(lang: Lang = "") -> Response[ChannelList]:
    """Each with its state, the jobs that wait, and the last error.

    A channel that fails throughout pauses itself: its jobs wait, and one at a time tries it again.
    """
    caller(router, "admin")
    return reply(ChannelList.of(renderer_of(router, lang), wired().manage_channels.list()))


@router.get("/channels/<name>", summary="Read a channel", tags=["channels"], responses=STATE)
def read(name: Id, lang: Lang = "") -> Response[Channel]:
    """As in the list."""
    caller(router, "admin")
    return reply(Channel.of_state(renderer_of(router, lang), wired().manage_channels.get(name)))


@router.post("/channels/<name>/pause", summary="Pause a channel", tags=["channels"], responses=STATE)
def pause(name: Id, lang: Lang = "") -> Response[Channel]:
    """In force within some seconds. A job under way ends; the others wait until the channel is resumed."""
    by = caller(router, "admin")
    return reply(Channel.of_state(renderer_of(router, lang), wired().manage_channels.pause(name, by=by)))


@router.post("/channels/<name>/resume", summary="Resume a channel", tags=["channels"], responses=STATE)
def resume(name: Id, body: ResumeBody = None, lang: Lang = "") -> Response[Channel]:
    """Let a channel go on that an admin paused, or that paused itself, with all its receivers.

    The jobs that wait go on at `rate_per_minute`: see the work in `/v1/work`. One that still fails pauses again.
    """
    by = caller(router, "admin")
    return reply(Channel.of_state(renderer_of(router, lang), wired().manage_channels.resume(name, body or {}, by=by)))
