"""The layout: packages stay small, tests mirror them, and the page about tests is current."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from dev.coverage_map import PAGE, modules, nearest, page

ROOT = Path(__file__).parents[1]
TESTS = ROOT / "tests"
PACKAGE = ROOT / "layers" / "whenthen" / "whenthen"
PACKAGES = sorted({path.parent for path in PACKAGE.rglob("*.py")})
MOST_MODULES = 12
MIRRORED = ("domain", "sources", "usecases", "adapters", "channels", "api", "runtime")
NOT_PACKAGES = {"fakes", "__pycache__"}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_package_has_at_most_twelve_modules_and_says_what_it_holds(package: Path) -> None:
    modules = [path for path in package.glob("*.py") if path.name != "__init__.py"]
    assert len(modules) <= MOST_MODULES
    assert (package / "__init__.py").read_text(encoding="utf-8").startswith('"""')


@pytest.mark.parametrize("floor", MIRRORED)
def test_the_folders_of_tests_mirror_the_packages(floor: str) -> None:
    folders = {path.relative_to(TESTS) for path in (TESTS / floor).rglob("*") if path.is_dir()}
    packages = {path.relative_to(PACKAGE) for path in PACKAGES}
    assert {path for path in folders if path.name not in NOT_PACKAGES} <= packages


@pytest.mark.parametrize("floor", MIRRORED)
def test_a_test_that_is_named_after_a_module_stands_in_the_module_s_package(floor: str) -> None:
    places: dict[str, set[Path]] = defaultdict(set)
    for module in (PACKAGE / floor).rglob("*.py"):
        places[module.stem].add(module.parent.relative_to(PACKAGE))
    tests = list((TESTS / floor).rglob("test_*.py"))
    elsewhere = [
        test
        for test in tests
        if (named := places.get(test.stem.removeprefix("test_"))) and test.parent.relative_to(TESTS) not in named
    ]
    assert tests
    assert elsewhere == []


def test_every_test_asks_for_an_aws_that_holds_nothing() -> None:
    tests = [path for path in TESTS.rglob("*.py") if path not in {TESTS / "aws.py", Path(__file__)}]
    assert tests
    own = [path.relative_to(TESTS) for path in tests if "mock_aws" in path.read_text(encoding="utf-8")]
    assert own == [], "a mock inside another one holds what the other does: use tests.aws"


def test_the_page_says_which_test_covers_which_module() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == page(), "write it anew: python -m dev.coverage_map"
    assert written.count("\n| `") == len(modules())


def test_a_module_that_no_test_imports_is_covered_through_the_nearest_that_has_tests() -> None:
    users = {"leaf": ["middle", "other"], "middle": ["root"], "other": ["far"], "far": ["root"], "lost": ["leaf_user"]}
    assert nearest("leaf", {"root": ["test_root.py"], "leaf": []}, users) == {"root"}
    assert nearest("leaf", {"root": ["a"], "other": ["b"]}, users) == {"other"}
    assert nearest("other", {"root": ["a"]}, users) == {"root"}
    with pytest.raises(LookupError, match="lost"):
        nearest("lost", {"root": ["a"]}, users)
