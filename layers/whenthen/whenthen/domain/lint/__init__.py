"""Lint: find mistakes in a rule, and conflicts between rules, before it is switched on."""
