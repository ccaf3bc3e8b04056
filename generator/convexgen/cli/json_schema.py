"""The command `json-schema`."""

from __future__ import annotations

import click


@click.command("json-schema")
def command() -> None:
    """Print the JSON Schema of specs, which editors complete and check them by.

    `init` writes it beside the spec, as convexgen.schema.json; renew it after an upgrade.
    """
    from convexgen.spec.json_schema import spec_json_schema

    click.echo(spec_json_schema(), nl=False)
