"""Give the tests of channels a whenthen in memory, and clients of emulated AWS services."""

from tests.adapters.conftest import aws_mock, clients
from tests.usecases.conftest import world

__all__ = ["aws_mock", "clients", "world"]
