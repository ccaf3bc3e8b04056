"""The Jinja environment."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_PACKAGE = Path(__file__).parent.parent


def templates_directory() -> Path:
    """Inside the wheel, the templates lie in the package; in a checkout, at the top."""
    packaged = _PACKAGE / "templates"
    return packaged if packaged.is_dir() else _PACKAGE.parent.parent / "templates"


class Templates:
    """The templates, by their path in the folder of templates."""

    def __init__(self) -> None:
        # The output is source code, not HTML: the views escape each text for where it stands.
        self._environment = Environment(
            loader=FileSystemLoader(templates_directory()),
            autoescape=False,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
        )

    def render(self, template: str, view: object) -> str:
        """The text of a template with its view."""
        return self._environment.get_template(template).render(view=view)
