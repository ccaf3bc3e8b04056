"""The command `dev`."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import click

from convexgen.cli.local_deployment import check_recordable, given_key, record, recorded_key
from convexgen.cli.options import functions_option, functions_project_option, inputs_option
from convexgen.cli.project import CannotRun, find_functions, shown, specs_of
from convexgen.cli.watching import SpecWatcher
from convexgen.embedded import BackendFailed, EmbeddedBackend, NodeNotFound
from convexgen.files.env_file import NAME
from convexgen.files.git import is_committable


@click.command("dev")
@functions_project_option
@functions_option
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Another address of this machine alone."
)
@click.option("--port", default=3210, show_default=True, help="0 takes any free one.")
@click.option(
    "--site-port",
    type=int,
    help="The port of HTTP actions, by default the one behind --port.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="A file that keeps the data; it is made when it is not there.",
)
@click.option(
    "--write-env",
    is_flag=True,
    help="Write the address and the key to .env.local, for Convex's tools and the clients; its "
    "other lines stay.",
)
@click.option(
    "--function-timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="When a function that does not settle is given up; by default 15, for actions 600.",
)
@click.option(
    "--cpu-limit",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="How long a function may compute without a pause; by default 2, for actions 10.",
)
@click.option(
    "--admin-key",
    metavar="KEY",
    help="A key that is no secret: all users of a machine see the arguments of its processes.",
)
@inputs_option
@click.option(
    "--watch",
    is_flag=True,
    help="Go on with changes of the spec, from which it generates, and of the functions; data "
    "stays.",
)
def command(
    project: Path | None,
    functions: str | None,
    host: str,
    port: int,
    site_port: int | None,
    data: Path | None,
    function_timeout: float | None,
    cpu_limit: float | None,
    admin_key: str | None,
    folders: tuple[Path, ...],
    *,
    write_env: bool,
    watch: bool,
) -> None:
    """Run a project's Convex functions on this machine, with no account and no network.

    Convex's own clients connect to it. Data is gone when it ends, unless --data names a file: then
    nothing that was answered is lost, however it ends. A power cut may take the last seconds.

    What functions and auth.config.ts read of `process.env` is of the environment that this starts
    in: ISSUER=https://… convexgen dev.

    The key that opens all functions is that of --admin-key or of the variable CONVEXGEN_ADMIN_KEY,
    else that of a deployment on this machine which .env.local names, else a new one.
    """
    root = find_functions(project, functions)
    key = given_key(admin_key) or recorded_key(root)
    if write_env:
        check_recordable(root)
    specs = SpecWatcher(lambda: specs_of(root, folders), say=_say) if watch else None
    if specs is not None:
        specs.generate()
    is_serving = threading.Event()

    def show(line: str) -> None:
        # What a server writes that does not start is in the error.
        if is_serving.is_set():
            click.echo(line, err=True)

    try:
        backend = EmbeddedBackend.start(
            root,
            functions=functions,
            host=host,
            port=port,
            site_port=site_port,
            data=data,
            watch=watch,
            admin_key=key,
            function_timeout=function_timeout,
            cpu_limit=cpu_limit,
            on_log=show,
        )
    except (BackendFailed, NodeNotFound) as error:
        raise CannotRun(str(error)) from error
    with backend:
        if write_env:
            record(root, backend.url, backend.admin_key)
            if is_committable(root, NAME):
                _say(
                    f"{shown(root / NAME)} has a key, and git would take it into a commit: add "
                    f"{NAME} to .gitignore, and if it was added before, `git rm --cached {NAME}`."
                )
        for line in backend.log_lines():
            click.echo(line, err=True)
        is_serving.set()
        click.echo(f"export CONVEX_URL={backend.url}")
        click.echo(f"export CONVEX_DEPLOY_KEY='{backend.admin_key}'")
        click.echo(f"export CONVEX_SITE_URL={backend.site_url}")
        click.echo("Serving until Ctrl-C.", err=True)
        signal.signal(signal.SIGTERM, _interrupt)
        with suppress(KeyboardInterrupt), _following(specs):
            if backend.wait() != 0:
                raise CannotRun("The backend ended by itself; what it wrote is above.")


def _say(line: str) -> None:
    # Standard output is for what a shell evaluates.
    click.echo(line, err=True)


@contextmanager
def _following(specs: SpecWatcher | None) -> Generator[None]:
    """Generates meanwhile from specs that change; the backend sees what is generated."""
    if specs is None:
        yield
        return
    stop = threading.Event()
    context = click.get_current_context()

    def follow() -> None:
        # For its colours, which click keeps for each thread.
        with context.scope(cleanup=False):
            specs.follow(stop)

    thread = threading.Thread(target=follow, name="convexgen-specs", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
