"""`python -m convexgen`, and the command `convexgen`."""

from __future__ import annotations

import os

from convexgen.cli.group import cli


def main() -> None:
    """Run the command line, and exit."""
    # They are for programs that want to observe pydantic. To look for them among all installed
    # packages takes longer than to read a spec.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    cli(prog_name="convexgen")


if __name__ == "__main__":
    main()
