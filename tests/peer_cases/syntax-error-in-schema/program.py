from project import Project


def run(project: Project) -> None:
    (project.root / "convex" / "schema.ts").write_text("export default {;\n")
    finished = project.convexgen("function-spec")
    assert (finished.returncode, finished.stdout) == (2, "")
    assert "convex/schema.ts:1:17" in finished.stderr
    # The tool's own: it was edited by hand, which is said, and nothing is overwritten.
    assert project.convexgen("generate").returncode == 1
    assert (project.root / "convex" / "schema.ts").read_text() == "export default {;\n"
