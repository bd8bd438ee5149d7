"""The API through its function, on the stack that template.yaml describes, in process."""

from tests.functions.conftest import slept, stack

__all__ = ["slept", "stack"]
