from project import Project

MODULES = {
    "thrown.ts": ("export {};\nthrow new Error('at once');\n", "at once"),
    "missing.ts": ('import { x } from "no-package";\nexport const y = x;\n', '"no-package"'),
    "unset.ts": ("export const n = process.env.X!.length;\n", "convex/unset.ts:1"),
    "component.tsx": ("export const x = <p>;\n", "convex/component.tsx"),
}


def run(project: Project) -> None:
    for file, (text, said) in MODULES.items():
        module = project.root / "convex" / file
        module.write_text(text)
        finished = project.convexgen("function-spec")
        assert (finished.returncode, finished.stdout) == (2, "")
        assert said in finished.stderr
        module.unlink()
    assert project.convexgen("function-spec").returncode == 0
