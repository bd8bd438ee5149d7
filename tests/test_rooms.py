"""The layout: packages stay small, tests mirror them, and the page about tests is current."""

from __future__ import annotations

from pathlib import Path

import pytest

from dev.coverage_map import PAGE, page

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "layers" / "whenthen" / "whenthen"
PACKAGES = sorted({path.parent for path in PACKAGE.rglob("*.py")})
MOST_MODULES = 12
MIRRORED = ("domain", "sources", "usecases", "adapters", "api")
NOT_PACKAGES = {"fakes", "__pycache__"}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_package_has_at_most_twelve_modules_and_says_what_it_holds(package: Path) -> None:
    modules = [path for path in package.glob("*.py") if path.name != "__init__.py"]
    assert len(modules) <= MOST_MODULES
    assert (package / "__init__.py").read_text(encoding="utf-8").startswith('"""')


@pytest.mark.parametrize("floor", MIRRORED)
def test_the_folders_of_tests_mirror_the_packages(floor: str) -> None:
    folders = {path.name for path in (ROOT / "tests" / floor).iterdir() if path.is_dir()} - NOT_PACKAGES
    packages = {path.name for path in (PACKAGE / floor).iterdir() if path.is_dir()} - NOT_PACKAGES
    assert folders <= packages


def test_the_page_says_which_test_covers_which_module() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: python -m dev.coverage_map"
