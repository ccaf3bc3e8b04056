"""For all tests: those of a deployment that is not started here run one after another."""

import gc
import os
import signal
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

collect_ignore = ["golden"]  # what is generated for pytest too is a text to compare here

HERE = Path(__file__).parent
ROOT = HERE.parent
LONGEST = (
    "output/test_static.py",
    "commands/test_installed_alone.py",
    "output/test_compiler_options.py",
    "docs/test_production_page.py",
    "clients/test_access_matrix.py",
    "output/test_used_names.py",
    "mastra/test_all_or_none.py",
    "mastra/test_large_snapshots.py",
    "mastra/test_typescript_store.py",
)
"""The modules that take the longest, in the order of how long."""
STEERING = (
    "BUILD_NUMBER",
    "CI",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "FORCE_COLOR",
    "GITHUB_ACTIONS",
    "MYPY_FORCE_COLOR",
    "NO_COLOR",
    "PYTEST_ADDOPTS",
    "PY_COLORS",
)
"""Variables that steer what the programs print that tests start."""

# How long an example takes, and how long to draw one, says how busy the machine is.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Without workers: these tests share the deployment's data, and empty it."""
    if "CONVEX_SELF_HOSTED_URL" in os.environ:
        config.option.dist = "no"
        config.option.numprocesses = 0
        config.option.tx = []


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected lives to the end: neither now nor later is garbage looked for in it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest modules first: workers take modules in this order, and end at about one time."""
    order = {HERE / name: place for place, name in enumerate(LONGEST)}
    assert all(path.is_file() for path in order)
    items.sort(key=lambda item: order.get(item.path, len(order)))


@pytest.fixture(scope="session", autouse=True)
def plain_environment() -> Iterator[None]:
    """What programs print to tests is what they print to nobody in particular.

    On CI, and where colours are forced, many print otherwise. What mypy found of the packages that
    all import, each worker keeps for all its tests, and the next run. A pytest that a test starts
    has the plugins that it names: to load all that are installed takes ten times as long as itself.
    Python keeps what it compiles: else each program compiles all of a wheel anew, which no user's
    does.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    with pytest.MonkeyPatch.context() as patched:
        for name in STEERING:
            patched.delenv(name, raising=False)
        patched.setenv("MYPY_CACHE_DIR", str(ROOT / ".mypy_cache" / f"tests{worker}"))
        patched.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        patched.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        yield


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> Iterator[None]:
    """Processes that tests start take SIGINT, also where a shell has the tests in the background.

    Such a shell has them ignore it, and what they start inherits that.
    Source: POSIX, "Signals and Error Handling" of the shell command language, 2.11.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
