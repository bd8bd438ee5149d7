"""Make the pages that customers see behind the links in messages: without scripts, and in their language."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.runtime.reason_texts import known_language, language_of, text_of

if TYPE_CHECKING:
    from whenthen.usecases.sending.preferences import Choices

YES = ReasonCode("link.unsubscribe_button")
CHOOSE = ReasonCode("link.choose_channels")
SAVE = ReasonCode("link.save_button")
SAVED = ReasonCode("link.saved")
NOTHING = ReasonCode("link.nothing_to_choose")

# The names of channels, as customers read them.
_NAMES: Mapping[str, ReasonCode] = {
    "email": ReasonCode("link.channel_email"),
    "whatsapp": ReasonCode("link.channel_whatsapp"),
    "sms": ReasonCode("link.channel_sms"),
    "audience": ReasonCode("link.channel_audience"),
}
# How customers start messages again that they stopped, where the link came by another channel.
_RESTART: Mapping[str, ReasonCode] = {
    "email": ReasonCode("link.restart_email"),
    "whatsapp": ReasonCode("link.restart_whatsapp"),
    "sms": ReasonCode("link.restart_sms"),
    "audience": ReasonCode("link.restart_audience"),
}

# Whether to stop the messages of the channel by which the link came.
_ASK: Mapping[str, ReasonCode] = {
    "email": ReasonCode("link.unsubscribe_question"),
    "whatsapp": ReasonCode("link.unsubscribe_question_whatsapp"),
    "sms": ReasonCode("link.unsubscribe_question_sms"),
}
_UNSUBSCRIBED: Mapping[str, ReasonCode] = {
    "email": ReasonCode("link.unsubscribed"),
    "whatsapp": ReasonCode("link.unsubscribed_whatsapp"),
    "sms": ReasonCode("link.unsubscribed_sms"),
}

_RIGHT_TO_LEFT = frozenset({"he"})
_STYLE = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:3rem auto;padding:0 1rem}"
    "label{display:block;margin:.8rem 0}button{font:inherit;padding:.5rem 1.5rem;margin-top:1rem}"
)
HEADERS: Mapping[str, str] = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}


def language(headers: Mapping[str, str], own: str | None) -> str:
    """Pick the language of a page: the one on the person's record, else the browser's."""
    return (known_language(own) if own else None) or language_of(headers)


def unsubscribe_page(spoken: str, channel: str, *, done: bool) -> dict[str, Any]:
    """Make the page that asks whether messages of this channel shall stop, or says that it is done."""
    if done:
        return _page(spoken, _UNSUBSCRIBED[channel](), "")
    return _page(spoken, _ASK[channel](), f'<form method="post"><button>{_said(YES(), spoken)}</button></form>')


def preferences_page(spoken: str, choices: Choices, *, saved: bool) -> dict[str, Any]:
    """Make the page with a box for each channel. One that the link cannot switch on says how to start it again."""
    if not choices.channels:
        return _page(spoken, NOTHING(), "")
    boxes = "".join(
        _locked(name, spoken) if name in choices.locked else _box(name, spoken, agreed=agreed)
        for name, agreed in choices.channels.items()
    )
    note = f'<p role="status">{_said(SAVED(), spoken)}</p>' if saved else ""
    button = f"<button>{_said(SAVE(), spoken)}</button>" if choices.channels.keys() - choices.locked else ""
    return _page(spoken, CHOOSE(), f'{note}<form method="post">{boxes}{button}</form>')


def _box(name: str, spoken: str, *, agreed: bool) -> str:
    checked = " checked" if agreed else ""
    return (
        f'<label><input type="checkbox" name="channel" value="{escape(name)}"{checked}> '
        f"{_said(_NAMES[name](), spoken)}</label>"
    )


def _locked(name: str, spoken: str) -> str:
    return (
        f'<label><input type="checkbox" disabled aria-describedby="{escape(name)}"> {_said(_NAMES[name](), spoken)}'
        f'</label><p id="{escape(name)}">{_said(_RESTART[name](), spoken)}</p>'
    )


def error_page(spoken: str, status: int, reason: Reason) -> dict[str, Any]:
    """Make the page for a link that does not work."""
    return _page(spoken, reason, "", status)


def _page(spoken: str, title: Reason, body: str, status: int = 200) -> dict[str, Any]:
    direction = "rtl" if spoken in _RIGHT_TO_LEFT else "ltr"
    head = _said(title, spoken)
    document = (
        f'<!doctype html><html lang="{spoken}" dir="{direction}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{head}</title><style>{_STYLE}</style></head>'
        f"<body><main><h1>{head}</h1>{body}</main></body></html>"
    )
    return {"statusCode": status, "headers": dict(HEADERS), "body": document}


def _said(reason: Reason, spoken: str) -> str:
    return escape(text_of(reason, spoken))
