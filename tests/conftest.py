"""For all tests: those of a deployment that is not started here run one after another."""

import os
import signal
from collections.abc import Iterator

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Without workers: these tests share the deployment's data, and empty it."""
    if "CONVEX_SELF_HOSTED_URL" in os.environ:
        config.option.dist = "no"
        config.option.numprocesses = 0
        config.option.tx = []


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Processes started here take SIGINT, also where a shell has the tests in the background.

    Such a shell has them ignore it, and what they start inherits that.
    Source: POSIX, "Signals and Error Handling" of the shell command language, 2.11.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
