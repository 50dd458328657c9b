"""Which tests run where: `--soak` for the long ones, and no silent skip in CI."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Generator

import pytest

_HAS_TRANSFORMERS = importlib.util.find_spec("sentence_transformers") is not None
_CI = os.environ.get("CI", "").casefold() == "true"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run the long tests too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long tests out unless asked for, and skip what needs the other environment."""
    if not config.getoption("--soak"):
        long = [item for item in items if item.get_closest_marker("soak")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if not item.get_closest_marker("soak")]
    if not _HAS_TRANSFORMERS:
        elsewhere = pytest.mark.skip(reason="runs in its own environment: make test-transformers")
        for item in items:
            if item.get_closest_marker("transformers"):
                item.add_marker(elsewhere)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a skipped test in CI: a test that nobody runs is no test."""
    report = yield
    other_environment = not _HAS_TRANSFORMERS and item.get_closest_marker("transformers")
    if _CI and report.skipped and not hasattr(report, "wasxfail") and not other_environment:
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail a module that skips itself in CI."""
    report = yield
    if _CI and report.outcome == "skipped":
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report
