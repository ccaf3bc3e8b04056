import subprocess
import sys

from project import Project


def run(project: Project) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "any_is_imported_convex"]
    folder = project.root / "generated" / "python"
    finished = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout
