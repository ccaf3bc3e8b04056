"""The command `dev`."""

from __future__ import annotations

import signal
import threading
from contextlib import suppress
from pathlib import Path
from types import FrameType

import click

from convexgen.cli.options import functions_option, functions_project_option
from convexgen.cli.project import CannotRun, find_functions
from convexgen.embedded import BackendFailed, EmbeddedBackend, NodeNotFound


@click.command("dev")
@functions_project_option
@functions_option
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Another address of this machine alone."
)
@click.option("--port", default=3210, show_default=True, help="0 takes any free one.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="A file that keeps the data; it is made when it is not there.",
)
@click.option(
    "--watch", is_flag=True, help="Go on with changes of the functions and the schema; data stays."
)
def command(
    project: Path | None, functions: str, host: str, port: int, data: Path | None, *, watch: bool
) -> None:
    """Run a project's Convex functions on this machine, with no account and no network.

    Convex's own clients connect to it. Data is gone when it ends, unless --data names a file: then
    nothing that was answered is lost, however it ends. A power cut may take the last seconds.
    """
    is_serving = threading.Event()

    def show(line: str) -> None:
        # What a server writes that does not start is in the error.
        if is_serving.is_set():
            click.echo(line, err=True)

    try:
        backend = EmbeddedBackend.start(
            find_functions(project, functions),
            functions=functions,
            host=host,
            port=port,
            data=data,
            watch=watch,
            on_log=show,
        )
    except (BackendFailed, NodeNotFound) as error:
        raise CannotRun(str(error)) from error
    with backend:
        for line in backend.log_lines():
            click.echo(line, err=True)
        is_serving.set()
        click.echo(f"export CONVEX_URL={backend.url}")
        click.echo(f"export CONVEX_DEPLOY_KEY='{backend.admin_key}'")
        click.echo("Serving until Ctrl-C.", err=True)
        signal.signal(signal.SIGTERM, _interrupt)
        with suppress(KeyboardInterrupt):
            if backend.wait() != 0:
                raise CannotRun("The backend ended by itself; what it wrote is above.")


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
