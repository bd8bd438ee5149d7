"""Locks between commands that run at the same time, and hashes that tell whether sources changed."""

from __future__ import annotations

import fcntl
import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_NO_SOURCES = {"__pycache__", ".mypy_cache", ".ruff_cache"}
_COMPILED = ".mo"
"""Suffix of what the build and the tests make from sources."""


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock file `path`; others who want it wait. The kernel gives it back when its holder dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def fingerprint(paths: Sequence[Path]) -> str:
    """Return a hash over the names and contents of all these files and folders."""
    digest = hashlib.sha256()
    for path in paths:
        for file in sorted(_files(path)):
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            digest.update(f"{file} {content}\n".encode())
    return digest.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif path.is_dir():
        for child in path.iterdir():
            if child.name not in _NO_SOURCES and child.suffix != _COMPILED:
                yield from _files(child)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that those who read it at the same time see the old content or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        file.write(content)
    written = Path(file.name)
    written.chmod(0o644)
    written.replace(path)
