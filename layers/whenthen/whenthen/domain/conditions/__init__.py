"""The condition language: predicates, operators, operands, and how fields are looked up."""
