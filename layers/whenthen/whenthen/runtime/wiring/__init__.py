"""Make the use cases of a function from its adapters, each when it is first used: one module for each area.

Functions that receive and match events never load templates or models: each use case is imported inside its property.
"""

from __future__ import annotations

from functools import cache

from whenthen.runtime.environment import from_environment
from whenthen.runtime.wiring.admin import AdminWiring
from whenthen.runtime.wiring.channels import ChannelsWiring
from whenthen.runtime.wiring.ingest import IngestWiring
from whenthen.runtime.wiring.matching import MatchingWiring
from whenthen.runtime.wiring.work import WorkWiring


class Wiring(IngestWiring, MatchingWiring, ChannelsWiring, AdminWiring, WorkWiring):
    """Hold all use cases, by their names."""


@cache
def wired() -> Wiring:
    """Return the wiring of this process, by its environment."""
    return Wiring(from_environment())
