"""Every difficult file of the corpus: exactly its findings, exactly its rows, or exactly its refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.source.corpus import CASES, Read, Refused
from tui_importer.source.errors import SourceError
from tui_importer.source.frozen.reader import read_problems
from tui_importer.source.preview import preview
from tui_importer.source.problems import ERRORS

if TYPE_CHECKING:
    from tests.source.conftest import Sources

READ = [case for case in CASES if isinstance(case, Read)]
REFUSED = [case for case in CASES if isinstance(case, Refused)]


def by_name(case: Read | Refused) -> str:
    return case.name


@pytest.mark.parametrize("case", READ, ids=by_name)
def test_exactly_what_is_wrong_is_found(sources: Sources, case: Read) -> None:
    scanned = sources.scan(case.content, reading=case.reading)
    result, rows = scanned.result, scanned.rows
    assert tuple(scanned.findings) == case.findings
    assert (result.rows, result.dialect) == (case.rows, case.dialect)
    refused = {row for row, _, _, kind in case.findings if kind in ERRORS}
    assert result.importable + len(refused) == result.rows == len(rows)
    assert {row.row for row in rows if row.problem is not None} == refused
    for number, cells in case.values.items():
        assert tuple(rows[number - 1].cells.values()) == cells
    for problem in read_problems(result.folder):
        assert "sesame" not in problem.message
        assert problem.message.isprintable()
    assert "sesame" not in "".join(str(row.cells) + row.email for row in rows)


@pytest.mark.parametrize("case", READ, ids=by_name)
def test_a_preview_of_it_shows_rows_and_no_secret(sources: Sources, case: Read) -> None:
    shown = preview(sources.write(case.content), case.reading)
    assert shown.dialect == case.dialect
    assert all(len(cells) == len(shown.columns) for cells in shown.sample)
    assert "sesame" not in repr(shown)


@pytest.mark.parametrize("case", REFUSED, ids=by_name)
def test_what_cannot_be_trusted_is_refused_with_the_reason(sources: Sources, case: Refused) -> None:
    with pytest.raises(SourceError) as caught:
        sources.scan(case.content, reading=case.reading)
    error = caught.value
    assert (error.kind, error.line) == (case.kind, case.line)
    assert case.words in error.message
    assert error.next
    assert case.next in error.next


def test_the_corpus_is_large_and_its_names_are_its_own() -> None:
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)
    assert all(case.story.endswith(".") for case in CASES)
