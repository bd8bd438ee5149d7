"""The ports of `whenthen.ports` on AWS services and outside APIs."""
