"""Static checks: format, style, types, texts, the template. All of them run, whatever one says, without network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from cfnlint.decode import decode  # type: ignore[import-untyped]
from cfnlint.template import Template  # type: ignore[import-untyped]
from cfnlint.template.transforms._language_extensions import (  # type: ignore[import-untyped]
    language_extension,
)

from dev.paths import LOCAL, ROOT, venv_python

_TYPED = ["layers/whenthen/whenthen", "dev", "functions"]
_TEMPLATE = "template.yaml"


def commands() -> dict[str, Sequence[str]]:
    """Each check, and the command that makes it."""
    python = str(venv_python("check"))
    return {
        "style": [python, "-m", "ruff", "check", "."],
        "format": [python, "-m", "ruff", "format", "--check", "."],
        "imports between the rooms": [str(venv_python("check").with_name("lint-imports")), "--no-cache"],
        "types": [python, "-m", "mypy", "--strict", *_TYPED],
        "texts": [python, "-m", "dev.messages", "check"],
        "template": [str(venv_python("check").with_name("cfn-lint")), _TEMPLATE, "-a", "cfn_lint_serverless.rules"],
        "security of the template": [
            *(str(venv_python("checkov")), "-m", "checkov.main", "--file", str(_unrolled()), "--framework"),
            *("cloudformation", "--compact", "--quiet", "--skip-download", *_suppressed()),
        ],
    }


def _unrolled() -> Path:
    """Write the template with its loops unrolled, since checkov skips what is in one, and return the file."""
    template, _ = decode(str(ROOT / _TEMPLATE))
    problems, unrolled = language_extension(Template(_TEMPLATE, template, ["us-east-1"]))
    if unrolled is None:
        raise SystemExit(f"the loops of {_TEMPLATE} cannot be unrolled: {problems}")
    file = LOCAL / "check" / "template.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(unrolled, indent=1))
    return file


def _suppressed() -> list[str]:
    """Return the checks that template.yaml suppresses for all resources. checkov reads only each resource's."""
    template, _ = decode(str(ROOT / _TEMPLATE))
    skipped = (template or {}).get("Metadata", {}).get("checkov", {}).get("skip", [])
    unexplained = [entry["id"] for entry in skipped if not entry.get("comment")]
    if unexplained:
        raise SystemExit(f"{_TEMPLATE} suppresses {', '.join(unexplained)} without a reason")
    return ["--skip-check", ",".join(entry["id"] for entry in skipped)] if skipped else []


def _environment() -> Mapping[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHONPATH"))}
    return {**inherited, "PYTHONPATH": str(ROOT / "layers" / "whenthen"), "AWS_DEFAULT_REGION": "us-east-1"}


def main() -> int:
    """Make every check; 1 if any of them fails."""
    failed = []
    for name, command in commands().items():
        print(f"== {name}", flush=True)
        started = time.monotonic()
        if subprocess.run(command, cwd=ROOT, env=_environment(), check=False).returncode != 0:
            failed.append(name)
        print(f"   {'FAILED' if name in failed else 'ok'} after {time.monotonic() - started:.1f} s", flush=True)
    print(f"FAILED: {', '.join(failed)}" if failed else "All checks passed.", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
