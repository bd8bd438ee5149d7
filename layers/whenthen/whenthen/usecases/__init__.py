"""Carry out the tasks of whenthen: one module per use case, written against `whenthen.ports`."""
