"""Say a rule in plain words, whatever its words hold."""

from __future__ import annotations

from whenthen.api.rendering.renderer import Renderer
from whenthen.domain.common.errors import Invalid
from whenthen.domain.rules.rule import Rule, parse_rule
from whenthen.ports.values import StoredRule
from whenthen.runtime.observability import logger


def sentence_of(renderer: Renderer, rule: StoredRule | Rule) -> str:
    """Say the rule in plain words; empty for a version that today's parser does not read.

    Empty, and the log says why, if rendering fails: a list of rules must not fail for the sentence of one.
    """
    try:
        return renderer.rule(rule if isinstance(rule, Rule) else parse_rule(rule.document))
    except Invalid:
        return ""
    except Exception:  # noqa: BLE001 - see above
        logger.exception("no sentence for a rule", rule=rule.id, version=rule.version, language=renderer.language)
        return ""
