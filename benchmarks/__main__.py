"""Every benchmark, one after the other: `python -m benchmarks`."""

from __future__ import annotations

from benchmarks import matching

if __name__ == "__main__":
    matching.main()
