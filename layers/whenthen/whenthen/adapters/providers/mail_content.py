"""Write what a mail holds below its headers: texts, an invitation, and files."""

from __future__ import annotations

import html as markup
import re
from email.message import EmailMessage
from email.policy import SMTP
from typing import TYPE_CHECKING

from whenthen.adapters.providers.mail_calendars import calendar_of, method_of
from whenthen.sources.email.html_text import text_of_html
from whenthen.sources.outgoing_mail.texts import body_text, one_line

if TYPE_CHECKING:
    from whenthen.ports.outgoing import Mail

_POLICY = SMTP.clone(cte_type="7bit")
_STRUCTURE = ("message/", "multipart/")
"""Begin the types that are structure of the mail itself, which a file must not become."""

BINARY = "application/octet-stream"
_STYLES = re.compile(r"<style[\s>]", re.IGNORECASE)
_LINK = re.compile(r"<a\s[^<>]*?href\s*=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)')[^<>]*>(.{0,2000}?)</a\s*>", re.I | re.DOTALL)


def content(mail: Mail) -> EmailMessage:
    """Write the content of a mail: `text/plain`, `text/html` and the invitation as alternatives, then the files.

    An invitation stands in both places, since some programs look for it in the one and some in the other.
    """
    message = EmailMessage(policy=_POLICY)
    html = with_styles_inlined(body_text(mail.html)) if mail.html.strip() else ""
    message.set_content(body_text(mail.text) if mail.text.strip() or not html else text_of(html))
    if html:
        message.add_alternative(html, subtype="html")
    if mail.invitation is not None:
        calendar = calendar_of(mail.invitation, mail)
        message.add_alternative(
            calendar,
            maintype="text",
            subtype="calendar",
            params={"charset": "utf-8", "method": method_of(mail.invitation)},
            cte="base64",
        )
        message.add_attachment(calendar, maintype="application", subtype="ics", filename="invite.ics")
    for file in mail.files:
        maintype, _, subtype = (BINARY if file.type.startswith(_STRUCTURE) else file.type).partition("/")
        message.add_attachment(file.content, maintype=maintype, subtype=subtype, filename=_file_name(file.name))
    return message


def _file_name(name: str) -> str:
    """Return a file's name on one line and without encoded words, which the library would decode into headers."""
    return one_line(name).replace("=?", "=_") or "file"


def text_of(html: str) -> str:
    """Return the text of HTML, with the address of each link behind its words."""
    return text_of_html(_LINK.sub(_spoken_link, html)).strip() + "\n"


def _spoken_link(found: re.Match[str]) -> str:
    address, label = found[1] or found[2] or "", found[3]
    shown = markup.unescape(re.sub(r"<[^<>]*>", "", label)).strip()
    if not address.lower().startswith(("http:", "https:", "mailto:")) or markup.unescape(address) == shown:
        return label
    return f"{label} ({address})"


def with_styles_inlined(html: str) -> str:
    """Write the rules of `<style>` into the elements: several mail programs drop the rules. Nothing is fetched."""
    if not _STYLES.search(html):
        return html
    import css_inline  # noqa: PLC0415 - a library of its own, for mail with a style sheet alone

    inlined: str = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False).inline(html)
    return inlined
