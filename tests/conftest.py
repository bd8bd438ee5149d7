"""Settings of all tests: none fails for being slow; tables of rows and figures are printed when all have run."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from dev.messages import catalogues
from tests import examples
from tests.tables import figures_of, shown, tables_of

settings.register_profile("whenthen", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("whenthen")


def pytest_configure(config: pytest.Config) -> None:
    """Compile the texts of all languages where they changed; tests beside each other write the same."""
    examples.configure(config)
    catalogues.compile_all()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print each table and the figures, also where their tests ran in other processes."""
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.stats.get(outcome, ())]
    for title, lines in sorted(tables_of(reports).items()):
        terminalreporter.section(title)
        for text, passed in shown(lines):
            terminalreporter.line(text, green=passed, red=not passed)
    if figures := figures_of(reports):
        terminalreporter.section("Figures, on this machine with what else it did")
        for figure in figures:
            terminalreporter.line(figure)
