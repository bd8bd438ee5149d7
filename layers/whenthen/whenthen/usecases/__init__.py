"""What whenthen does, one module per use case, written against `whenthen.ports`."""
