"""Every benchmark, one after the other: `python -m benchmarks`."""

from __future__ import annotations

from benchmarks import first_match, imports, large_mail, matching, requests

if __name__ == "__main__":
    imports.main()
    first_match.main()
    large_mail.main()
    matching.main()
    requests.main()
