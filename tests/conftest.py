"""For all tests: those of a deployment that is not started here run one after another."""

import os

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Without workers: these tests share the deployment's data, and empty it."""
    if "CONVEX_SELF_HOSTED_URL" in os.environ:
        config.option.dist = "no"
        config.option.numprocesses = 0
        config.option.tx = []
