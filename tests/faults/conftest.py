"""The matrix: its option, its table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.figures import Size
from tests.faults.table import Row, machine, markdown, plain

ROWS = pytest.StashKey[list[Row]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("fault matrix")
    group.addoption("--full-faults", action="store_true", help="the whole matrix: many minutes")
    group.addoption("--write-faults", type=Path, metavar="FILE", help="writes the table there as Markdown")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[ROWS] = []


@pytest.fixture(scope="session")
def size(pytestconfig: pytest.Config) -> Size:
    """How much is wanted. The option is there only where this folder is named: elsewhere it is the quick part."""
    return Size.FULL if pytestconfig.getoption("full_faults", default=False) else Size.QUICK


@pytest.fixture
def rows(pytestconfig: pytest.Config) -> list[Row]:
    """Where the scenarios put what came of them."""
    return pytestconfig.stash.setdefault(ROWS, [])


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> Iterator[None]:
    """The table, below everything else; and in its file, where one is named."""
    yield
    rows = config.stash.setdefault(ROWS, [])
    if rows:
        terminalreporter.section("fault matrix")
        for line in plain(rows):
            terminalreporter.write_line(line)
    file = config.getoption("write_faults", default=None)
    if rows and file is not None:
        head = "# What `make faults` found\n\nTaken on"
        file.write_text(f"{head}: {machine()}.\n\n{markdown(rows)}", encoding="utf-8")
