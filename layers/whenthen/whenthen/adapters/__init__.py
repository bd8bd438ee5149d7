"""Implement `whenthen.ports` on AWS services and outside APIs."""
