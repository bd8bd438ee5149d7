"""Find the rules that an event matches. `compile_rules` prepares a `RuleSet`, which is asked for each event."""

from whenthen.domain.matching.rule_set import RuleSet, compile_rules

__all__ = ["RuleSet", "compile_rules"]
