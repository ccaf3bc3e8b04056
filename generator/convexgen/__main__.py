"""`python -m convexgen`, and the command `convexgen`."""

from __future__ import annotations

from convexgen.cli.group import cli


def main() -> None:
    """Run the command line, and exit."""
    cli(prog_name="convexgen")


if __name__ == "__main__":
    main()
