"""Evaluate conditions: predicates, operators, operands, and the lookup of fields."""
