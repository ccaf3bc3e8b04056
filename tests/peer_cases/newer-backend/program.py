import importlib
import shutil
import sys

from convexgen.embedded import EmbeddedBackend
from project import Project


def run(project: Project) -> None:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    package = importlib.import_module("newer_backend_convex")
    newer = Project(project.root.parent / "newer")
    shutil.copytree(project.root, newer.root, symlinks=True)
    spec = newer.root / "schema" / "spec.yaml"
    more = "      text: string\n      more: {type: string, default: new}\n"
    spec.write_text(spec.read_text().replace("      text: string\n", more))
    newer.generate()
    with (
        EmbeddedBackend.start(newer.root) as backend,
        package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage,
    ):
        saved = storage.notes.save(package.Note(note_id="n", text="t"))
        assert storage.notes.get("n") == saved
        assert list(storage.notes.list()) == [saved]
