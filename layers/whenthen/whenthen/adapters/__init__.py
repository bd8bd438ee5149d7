"""The ports of `whenthen.ports`, kept on AWS services and outside APIs."""
