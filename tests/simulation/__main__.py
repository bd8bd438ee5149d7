"""Tell stories by hand: python -m tests.simulation --seconds 600 --seed 7."""

from __future__ import annotations

import argparse
import secrets
import sys
import traceback

from tests.simulation.telling import BATCH, Told, tell_for, tell_seed


def main() -> int:
    """Tell stories for a time, or those of one seed, and print each seed before it is told."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=main.__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long; 0 tells the stories of one seed")
    parser.add_argument("--seed", type=int, default=None, help="the first seed; drawn if none is given")
    given = parser.parse_args()
    first = secrets.randbelow(1_000_000_000) if given.seed is None else given.seed
    print(f"{BATCH} stories of each seed, from seed {first} on")
    told = Told()
    try:
        if given.seconds > 0:
            told = tell_for(given.seconds, first, _note)
        else:
            tell_seed(first, told)
    except Exception:  # noqa: BLE001 - a story may fail in any way
        traceback.print_exc(limit=-2)
        return 1
    print(f"{told.stories} stories, seeds {first} to {told.seed}: all as they must be")
    return 0


def _note(seed: int) -> None:
    print(f"replay: python -m tests.simulation --seconds 0 --seed {seed}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
