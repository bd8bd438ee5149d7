"""Parse rules. `parse_rule` names every problem of a document."""

from whenthen.domain.rules.rule import Rule, parse_rule

__all__ = ["Rule", "parse_rule"]
