"""Enrol the records of a view in a rule: what was asked for, how far the work came, and who is one person."""
