"""Runs the local AWS: MiniStack, except that an archive of code is unpacked once, not for each process of a function.

MiniStack starts a process for each concurrent invocation, and unpacks the function's layers for it: three thousand
files, a second of work in the one interpreter that answers all calls, so a burst of starts keeps everything waiting.
Here a further process gets links to what was unpacked before. As on AWS, no function writes there.

It is started as a script, in the emulator's environment (see `emulator.start`), and imports nothing else of `dev`.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import runpy
import tempfile
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Any

UNPACKED = "unpacked"
"""The folder, among the emulator's temporary ones, that holds what was unpacked, by the archive's digest."""

_unpacking = threading.Lock()


class SharedArchive:
    """Stands where the emulator uses `zipfile.ZipFile(file)` to unpack code: what it does there, and no more."""

    def __init__(self, file: str) -> None:
        """Raises zipfile.BadZipFile and OSError, as ZipFile does."""
        self._home = _unpacked(Path(file))

    def __enter__(self) -> SharedArchive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def namelist(self) -> list[str]:
        """What stands at the top of the archive: all that `extractall` makes."""
        return sorted(os.listdir(self._home))

    def extractall(self, path: str) -> None:
        """Make a link in the folder `path` for each name of `namelist`."""
        for name in self.namelist():
            Path(path, name).symlink_to(self._home / name)


def _unpacked(file: Path) -> Path:
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    home = Path(tempfile.gettempdir(), UNPACKED, digest)
    with _unpacking:
        if not home.exists():
            with zipfile.ZipFile(file) as archive:
                home.parent.mkdir(exist_ok=True)
                fresh = Path(tempfile.mkdtemp(dir=home.parent))
                archive.extractall(fresh)
            fresh.rename(home)
    return home


def main() -> None:
    """Run MiniStack until it is told to stop."""
    runtime: Any = importlib.import_module("ministack.core.lambda_runtime")
    # The names by which that module knows zipfile; it writes LargeFileError for LargeZipFile.
    runtime.zipfile = SimpleNamespace(
        ZipFile=SharedArchive, BadZipFile=zipfile.BadZipFile, LargeFileError=zipfile.LargeZipFile
    )
    runpy.run_module("ministack", run_name="__main__")


if __name__ == "__main__":
    main()
