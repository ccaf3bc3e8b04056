from project import Project


def run(project: Project) -> None:
    client = project.root / "generated" / "python" / "what_output_depends_on_convex"
    whole = project.tree()

    (client / "_storage.py").unlink()
    assert project.convexgen("check").returncode == 1
    project.generate()
    assert project.tree() == whole

    shared = project.root / "schema" / "shared.yaml"
    shared.write_text(shared.read_text().replace("lead", "customer"))
    assert project.convexgen("check").returncode == 1
    project.generate()
    assert "CUSTOMER" in (client / "_enums.py").read_text()

    spec = project.root / "schema" / "spec.yaml"
    spec.write_text(spec.read_text() + "\npython: {package: other}\n")
    project.generate()
    assert not client.exists()
    assert (client.parent / "other" / "_storage.py").exists()
