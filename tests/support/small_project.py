"""Projects that a test writes itself."""

from pathlib import Path

PACKAGES = Path(__file__).parents[2] / "node_modules"


class SmallProject:
    """A project in a folder of its own that finds the packages of this repository."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "node_modules").symlink_to(PACKAGES)
        (root / "package.json").write_text(
            '{"name": "small-project", "type": "module", "dependencies": {"convex": "*"}}'
        )
        (root / "convex").mkdir()

    def write(self, name: str, text: str) -> None:
        """Writes a file of the functions directory."""
        path = self.root / "convex" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
