"""Read the source of a template, and say at which place it cannot be read.

Jinja2 tells the line of a fault and describes it in English. The place is found here, by the token at which Jinja2's
parser stopped, so that every language has a text for it.
"""

from __future__ import annotations

from typing import NoReturn

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.lexer import TOKEN_COMMENT_BEGIN, TOKEN_EOF, TOKEN_RAW_BEGIN
from jinja2.parser import Parser

from whenthen.domain.common.reasons import Reason, ReasonCode

# `near` is the part of the line at which reading stopped.
UNREADABLE = ReasonCode("template.unreadable", "near")
# The template ends within `{{ … }}` or `{% … %}`.
UNFINISHED = ReasonCode("template.unfinished")
# `tag` is what is opened, such as `if`, `raw` or `{#`.
UNCLOSED = ReasonCode("template.unclosed", "tag")

_LONGEST_NEAR = 30
_OPENS = {TOKEN_COMMENT_BEGIN: "{#", TOKEN_RAW_BEGIN: "raw"}


class Unreadable(Exception):
    """A template that is not in the language of templates: the line, and the reason."""

    def __init__(self, line: int, reason: Reason) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line, self.reason = line, reason


class _Parser(Parser):
    """Remember the tag that the end of the template leaves open: Jinja2 only writes it into its sentence."""

    open_tag = ""

    def fail_eof(self, end_tokens: tuple[str, ...] | None = None, lineno: int | None = None) -> NoReturn:
        self.open_tag = self._tag_stack[-1] if self._tag_stack else ""
        super().fail_eof(end_tokens, lineno)


def read(environment: Environment, source: str) -> nodes.Template:
    """Parse a template. Raises Unreadable; RecursionError and the like for one that is nested endlessly."""
    parser: _Parser | None = None
    try:
        parser = _Parser(environment, source)
        return parser.parse()
    except TemplateSyntaxError as error:
        raise Unreadable(error.lineno, _unlexed(environment, source) or _unparsed(parser)) from error


def _unlexed(environment: Environment, source: str) -> Reason | None:
    """Say at which characters no token begins. None if the source is a row of tokens."""
    place, last = 0, ""
    try:
        for _, kind, text in environment.lex(source):
            last = kind
            # Spaces that a tag strips are in no token, and line breaks may be written otherwise.
            place = max(place, source.find(text, place) + len(text))
    except TemplateSyntaxError:
        return UNCLOSED(tag=_OPENS[last]) if last in _OPENS else UNREADABLE(near=_line(source[place:]))
    return None


def _unparsed(parser: _Parser | None) -> Reason:
    """Say at which token the parser stopped. It has read the first one when it is made."""
    if parser is not None and parser.stream.current.type != TOKEN_EOF:
        return UNREADABLE(near=_line(str(parser.stream.current.value)))
    return UNCLOSED(tag=parser.open_tag) if parser is not None and parser.open_tag else UNFINISHED()


def _line(text: str) -> str:
    return text.strip().partition("\n")[0][:_LONGEST_NEAR]
