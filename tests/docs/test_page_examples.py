"""Each code block of the README and of the pages is held by a test, and none is missed."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from page_examples import PAGES, all_blocks, read_page
from project import ROOT

ALONE = "test_installed_alone.py::test_fault_02_"
FOLLOWED = "test_production_page.py::test_fault_23_from_an_empty_folder_to_the_deployment"
DEPLOYED = "test_production_page.py::test_what_it_says_of_deployments_is_there"
SPECS = "test_projects.py::test_several_specs_as_the_page_says"
HOOKS = "test_projects.py::test_the_hooks_of_the_pages"

HELD_BY: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "README.md": {
        "python": (f"{ALONE}the_wheel_alone",),
        "ts": (f"{ALONE}the_typescript_client_alone",),
        "typescript": (f"{ALONE}the_tests_of_vitest_alone",),
        "console": ("test_readme.py::test_commands",),
        "yaml": ("test_readme.py::test_the_spec",),
        "yaml .pre-commit-config.yaml": (HOOKS,),
        "text": ("test_readme.py::test_the_spec",),
    },
    "docs/access.md": {
        **dict.fromkeys(
            ("yaml schema/notes.yaml", "ts app.ts", "python app.py", "ts client.ts"),
            ("test_access.py::test_the_programs_of_the_page",),
        ),
        "python fragment": ("test_access_matrix.py::test_the_row_of_the_page",),
    },
    "docs/adopting.md": dict.fromkeys(
        (
            *("ts convex/schema.ts", "ts convex/documents.ts", "ts convex/schema-of-the-spec.ts"),
            *("console", "yaml", "python app.py", "ts fragment"),
        ),
        ("test_adopting_page.py::test_the_page",),
    ),
    "docs/bulk.md": dict.fromkeys(
        ("yaml schema/chat.yaml", "python app.py", "ts app.ts"),
        ("test_bulk_page.py::test_the_page",),
    ),
    "docs/changing.md": {
        **dict.fromkeys(
            ("yaml before", "yaml after", "console", "text"),
            ("test_changing_page.py::test_what_it_prints",),
        ),
        **dict.fromkeys(
            ("yaml renamed", "yaml allowed"), ("test_changing_page.py::test_its_specs",)
        ),
        "console rename": ("test_changing_page.py::test_its_renames",),
        "python fragment": ("test_changing_page.py::test_the_step_that_fills_a_field",),
    },
    "docs/command-line.md": {
        **dict.fromkeys(
            ("bash", "zsh", "fish"),
            ("test_command_line.py::test_fault_22_shells_complete_commands_options_and_values",),
        ),
        "console": ("test_data.py::test_the_commands_of_the_page",),
    },
    "docs/counting.md": dict.fromkeys(
        (
            "yaml schema/mail.yaml",
            "python app.py",
            "python fill.py",
            "ts app.ts",
            "ts convex/inbox.ts",
        ),
        ("test_counting_page.py::test_the_page",),
    ),
    "docs/files.md": dict.fromkeys(
        ("yaml schema/desk.yaml", "python app.py", "ts app.ts"),
        ("test_files_page.py::test_the_page",),
    ),
    "docs/embedded-backend.md": {
        "console": (
            "test_auth_libraries.py::test_fault_03_convex_auth",
            "test_auth_libraries.py::test_fault_03_better_auth",
        ),
    },
    "docs/functions.md": dict.fromkeys(
        (
            "yaml schema/chat.yaml",
            "ts convex/conversations.ts",
            "python app.py",
            "ts app.ts",
            "yaml schema/cleaning.yaml",
            "ts schema/cleaning.ts",
            "yaml schema/desk.yaml",
            "python schema/desk/storage.py",
            "python schema/desk/__init__.py",
            "python desk.py",
        ),
        (
            "test_functions_page.py::test_the_functions_are_typed",
            "test_functions_page.py::test_the_program_in_python_is_typed",
            "test_functions_page.py::test_the_programs_call_the_functions",
        ),
    ),
    "docs/pydantic-ai.md": dict.fromkeys(
        ("yaml schema/agents.yaml", "python app.py"),
        ("test_framework_pages.py::test_the_programs",),
    ),
    "docs/langgraph.md": dict.fromkeys(
        ("yaml schema/agents.yaml", "python app.py", "python several.py", "python memory.py"),
        ("test_framework_pages.py::test_the_programs",),
    ),
    "docs/mastra.md": dict.fromkeys(
        (
            "yaml schema/agents.yaml",
            "python app.py",
            "python memory.py",
            "python observations.py",
            "python runs.py",
            "python spans.py",
            "python live.py",
            "python bookings.py",
        ),
        ("test_mastra_page.py::test_the_programs",),
    )
    | dict.fromkeys(
        ("yaml schema/node.yaml", "ts agents.ts"),
        ("test_mastra_page.py::test_the_program_for_node",),
    ),
    "docs/production.md": {
        "console": (FOLLOWED,),
        "yaml schema/notes.yaml": (FOLLOWED,),
        "python app.py": (FOLLOWED,),
        "toml pyproject.toml": (FOLLOWED,),
        "python test_notes.py": (FOLLOWED,),
        "ts convex/auth.config.ts": (FOLLOWED,),
        "ts convex/mine.ts": (FOLLOWED,),
        "sh": (DEPLOYED,),
        "yaml .github/workflows/deploy.yml": (DEPLOYED,),
    },
    "docs/projects.md": {
        "yaml .pre-commit-config.yaml": (HOOKS,),
        "yaml schema/billing/billing.yaml": (SPECS,),
        "ts convex/schema.ts": (SPECS,),
        "console": (SPECS, "test_manifests.py::test_a_merge_as_the_page_says"),
        "text": ("test_manifests.py::test_a_merge_as_the_page_says",),
        "js": ("test_formatters.py::test_eslint_leaves_alone_what_the_docs_ignore",),
    },
    "docs/python.md": {
        "python": (f"{ALONE}the_wheel_alone",),
        "py": (
            "test_model_json.py::test_the_example_of_the_page",
            "test_model_json.py::test_the_example_of_a_user",
        ),
        "py changes": ("test_watched_lists.py::test_the_example_of_the_page",),
        "py calls": ("test_call_events.py::test_the_example_of_the_page",),
        "py bar": ("test_bars.py::test_a_bar_on_a_terminal",),
        "py spans": ("test_tracing.py::test_the_example_of_the_page",),
        "py once": ("test_exactly_once.py::test_the_example_of_the_page",),
        "py job": ("test_jobs.py::test_the_example_of_the_page",),
        "py tables": ("test_to_tables.py::test_the_example_of_the_page",),
        "py subscription": ("test_sync_connection.py::test_the_example_of_the_page",),
        "python fragment": ("test_bulk_errors.py::test_the_example_of_the_page",),
    },
    "docs/queries.md": dict.fromkeys(
        (
            "yaml schema/traces.yaml",
            "python app.py",
            "ts app.ts",
            "yaml schema/chat.yaml",
            "python chat.py",
            "yaml schema/board.yaml",
            "python board.py",
            "ts board.ts",
        ),
        (
            "test_queries_page.py::test_the_page",
            "test_queries_page.py::test_its_windows",
            "test_queries_page.py::test_its_documents_with_others",
        ),
    ),
    "docs/security.md": {},  # It names the tests that hold it.
    "docs/spec.md": {
        "yaml spec": ("test_language_page.py::test_examples",),
        "yaml fields": ("test_language_page.py::test_examples",),
        "yaml entity": ("test_language_page.py::test_examples",),
        "py": ("test_rows.py::test_the_example_of_the_page",),
        "py keyless": ("test_keyless.py::test_the_example_of_the_page",),
        "py retention": ("test_retention.py::test_the_example_of_the_page",),
        "ts fragment": ("test_retention.py::test_cron_jobs_of_ones_own",),
        "python fragment": (
            "test_skew.py::test_fault_18_rows_with_a_value_that_was_removed_are_migrated",
        ),
    },
    "docs/testing.md": {
        "toml": ("test_testing_page.py::test_pytest",),
        "python": ("test_testing_page.py::test_pytest", f"{ALONE}the_wheel_alone"),
        "py factories": ("test_factories.py::test_the_example_of_the_page",),
        "py conformance": ("test_conformance.py::test_the_example_of_the_page",),
        "typescript": ("test_testing_page.py::test_vitest", f"{ALONE}the_tests_of_vitest_alone"),
    },
    "docs/typescript.md": {
        "yaml schema/chat.yaml": ("test_typescript_page.py::test_calls_that_end_before",),
        "ts app.ts": ("test_typescript_page.py::test_calls_that_end_before",),
        "ts user.ts": ("test_typescript_page.py::test_calls_of_a_user",),
        "ts calls.ts": ("test_typescript_page.py::test_what_calls_cost",),
        "yaml schema/board.yaml": ("test_react.py::test_the_example_of_the_page",),
        "tsx board.tsx": ("test_react.py::test_the_example_of_the_page",),
    },
    "docs/writing.md": dict.fromkeys(
        (
            "yaml schema/jobs.yaml",
            *("python claim.py", "python heartbeat.py", "python count.py", "python finish.py"),
            "ts app.ts",
        ),
        ("test_writing_page.py::test_the_page",),
    ),
    "docs/transactions.md": dict.fromkeys(
        (
            "yaml schema/bank.yaml",
            "python app.py",
            "python report.py",
            "ts app.ts",
            "ts report.ts",
        ),
        ("test_transactions_page.py::test_the_page",),
    ),
}
"""The tests that run, or compare, the blocks of a page, by what their fences say."""


def test_all_pages_are_held() -> None:
    assert set(HELD_BY) == set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_every_block_is_held(page: str) -> None:
    """A block that is only indented says no language, and would be run by nothing."""
    assert {block.language for block in all_blocks(page)} == set(HELD_BY[page])


@pytest.mark.parametrize("page", PAGES)
def test_every_fence_is_a_block(page: str) -> None:
    fences = re.findall(r"^\s*```", read_page(page), re.MULTILINE)
    assert len(fences) == 2 * len(all_blocks(page))


def test_the_tests_that_hold_what_is_promised_are_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)`", read_page("docs/security.md"))
    assert named
    assert [path for path in named if not (ROOT / path).is_file()] == []


def test_the_tests_are_there() -> None:
    for blocks in HELD_BY.values():
        for path, _, name in (test.partition("::") for tests in blocks.values() for test in tests):
            (module,) = (ROOT / "tests").rglob(path)
            text = module.read_text(encoding="utf-8")
            assert f"\ndef {name}(" in text, (path, name)
