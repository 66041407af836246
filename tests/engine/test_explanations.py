"""Every kind of failure that the engine or the scan gives is explained; the API's codes are in tests/workos."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import tui_importer.engine
from tui_importer.engine.job.explanations import OWN, explain_failure
from tui_importer.source.problems import ERRORS
from tui_importer.workos.explanations import Explanation, explain

UNKNOWN = explain()


def kinds_of_the_engine() -> set[str]:
    """The second argument of every `StepFailed(step, kind, ...)` that is not passed on from the API or the scan."""
    found = set()
    for path in Path(tui_importer.engine.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "StepFailed":
                kind = node.args[1]
                if isinstance(kind, ast.Constant):
                    found.add(str(kind.value))
    return found


KINDS = sorted({*kinds_of_the_engine(), *ERRORS})


def test_the_kinds_are_found() -> None:
    assert {"organization_failed", "first_row_failed", "membership_inactive", "email_malformed"} <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_explained(kind: str) -> None:
    explanation = explain_failure(kind, None)
    assert explanation != UNKNOWN
    for sentence in (explanation.meaning, explanation.advice):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert sentence.isprintable()


@pytest.mark.parametrize(
    "kind",
    ["invalid_email", "metadata_required", "external_id_already_used", "invalid_password_hash", "email_malformed"],
)
def test_what_is_corrected_in_the_file_needs_a_new_job(kind: str) -> None:
    assert explain_failure(kind, 422).advice.endswith("with a new job: what exists already is recognised.")


@pytest.mark.parametrize(
    ("kind", "status"),
    [("invalid_role", 422), ("server_error", 503), ("unauthorized", 401), ("forbidden", 403), ("", 501), ("", 300)],
)
def test_what_is_mended_elsewhere_does_not(kind: str, status: int) -> None:
    assert "new job" not in explain_failure(kind, status).advice


def test_no_explanation_is_for_nothing() -> None:
    assert set(OWN) <= set(KINDS)


def test_a_suggestion_is_the_first_sentence_of_the_advice() -> None:
    assert Explanation("It is so.", "Do this: it helps. Then do that.").suggestion == "Do this: it helps."
    assert Explanation("It is so.", "Do this.").suggestion == "Do this."
