"""`CONVEX_CLOUD_URL` and `CONVEX_SITE_URL`: known to every module, whenever it is loaded."""

import socket
from pathlib import Path

import httpx2
import pytest
from convex.http_client import ConvexHttpClient
from convexgen.embedded import BackendFailed, EmbeddedBackend, read_function_spec
from small_project import SmallProject
from waiting import wait_until

MODULES = {
    "urls.ts": (
        'import { query } from "./_generated/server";\n'
        'import { env } from "./_generated/server";\n'
        'import { components } from "./_generated/api";\n'
        "const loaded = [process.env.CONVEX_CLOUD_URL, process.env.CONVEX_SITE_URL,\n"
        "  env.CONVEX_CLOUD_URL, env.CONVEX_SITE_URL];\n"
        "export const own = query({ args: {}, handler: async () => [\n"
        "  loaded, [process.env.CONVEX_CLOUD_URL, process.env.CONVEX_SITE_URL]] });\n"
        "export const ofComponent = query({ args: {}, handler: async (ctx) =>\n"
        "  await ctx.runQuery(components.part.urls.own, {}) });\n"
    ),
    "auth.config.ts": (
        "export default { providers: [\n"
        '  { domain: process.env.CONVEX_SITE_URL, applicationID: "convex" }] };\n'
    ),
    "convex.config.ts": (
        'import { defineApp } from "convex/server";\n'
        'import part from "./part/convex.config";\n'
        'if (!process.env.CONVEX_SITE_URL) throw new Error("no address in convex.config.ts");\n'
        "const app: any = defineApp();\n"
        "app.use(part);\n"
        "export default app;\n"
    ),
    "part/convex.config.ts": (
        'import { defineComponent } from "convex/server";\n'
        'if (!process.env.CONVEX_CLOUD_URL) throw new Error("no address in the component");\n'
        'export default defineComponent("part");\n'
    ),
    "part/urls.ts": (
        'import { query } from "./_generated/server";\n'
        "const loaded = [process.env.CONVEX_CLOUD_URL, process.env.CONVEX_SITE_URL];\n"
        "export const own = query({ args: {}, handler: async () => loaded });\n"
    ),
}
"""Everything that is loaded, and reads the built-in variables while it is."""


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    made = SmallProject(tmp_path)
    for name, text in MODULES.items():
        made.write(name, text)
    return made


def urls_of(backend: EmbeddedBackend) -> list[str]:
    return [backend.url, backend.site_url]


def expect_known(backend: EmbeddedBackend) -> None:
    client = ConvexHttpClient(backend.url)
    urls = urls_of(backend)
    assert client.query("urls:own") == [[*urls, *urls], urls]
    assert client.query("urls:ofComponent") == urls


def test_fault_03_built_in_variables(project: SmallProject, tmp_path: Path) -> None:
    """At the start, after a reload, and when the server goes on with its data."""
    data = tmp_path / "data"
    with EmbeddedBackend.start(project.root, watch=True, data=data) as backend:
        expect_known(backend)
        text = MODULES["urls.ts"] + "export const more = query({ handler: async () => loaded });\n"
        project.write("urls.ts", text)
        wait_until(lambda: any("Reloaded" in line for line in backend.log_lines()))
        expect_known(backend)
        assert ConvexHttpClient(backend.url).query("urls:more") == urls_of(backend) * 2
    with EmbeddedBackend.start(project.root, data=data) as backend:
        expect_known(backend)


def test_fault_03_built_in_variables_are_the_servers_own(
    project: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONVEX_SITE_URL", "https://elsewhere.example.com")
    with EmbeddedBackend.start(project.root) as backend:
        expect_known(backend)


def test_fault_03_a_reset_moves_the_api_and_keeps_the_site(project: SmallProject) -> None:
    with EmbeddedBackend.start(project.root, is_controlled=True) as backend:
        url, site_url = urls_of(backend)
        backend.control("reset")
        assert backend.url != url
        assert backend.site_url == site_url
        expect_known(backend)


def test_fault_03_printing_the_functions_knows_addresses(project: SmallProject) -> None:
    assert "urls.js:own" in read_function_spec(project.root)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_fault_03_an_auth_config_of_the_deployment_itself(project: SmallProject, host: str) -> None:
    with EmbeddedBackend.start(project.root, host=host) as backend:
        assert httpx2.get(f"{backend.url}/version").status_code == 200


def free_ports() -> tuple[int, int]:
    """Two that are beside each other."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port, port + 1


def test_the_site_is_at_the_next_port(project: SmallProject) -> None:
    port, next_port = free_ports()
    with EmbeddedBackend.start(project.root, port=port) as backend:
        assert backend.site_url == f"http://127.0.0.1:{next_port}"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", next_port))
        taken.listen()
        with EmbeddedBackend.start(project.root, port=port) as backend:
            assert backend.site_url != f"http://127.0.0.1:{next_port}"
            expect_known(backend)
        with pytest.raises(BackendFailed, match="Name another with --site-port"):
            EmbeddedBackend.start(project.root, site_port=next_port)


HTTP = """
import { httpRouter } from "convex/server";
import { httpAction } from "./_generated/server";
const http = httpRouter();
http.route({ pathPrefix: "/", method: "POST", handler: httpAction(async (ctx, request) =>
  new Response(request.url)) });
export default http;
"""


def test_http_actions_at_the_site(project: SmallProject) -> None:
    """The same as below `/http` at the API's port, and nothing else."""
    project.write("http.ts", HTTP)
    with EmbeddedBackend.start(project.root) as backend:
        for path in ("/a/b?c=d", "/api/query", "/"):
            url = f"{backend.site_url}{path}"
            assert httpx2.post(url).text == url
        assert httpx2.get(f"{backend.site_url}/version").status_code == 404
        foreign = {"Origin": "https://elsewhere.example.com"}
        assert httpx2.post(f"{backend.site_url}/a", headers=foreign).status_code == 403
