"""Whatever header and mapping are: a refusal in words, or every column has one use and every field one place."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tui_importer.source.columns.aliases import FIELD_OF
from tui_importer.source.columns.coverage import coverage
from tui_importer.source.columns.mapping import TARGETS
from tui_importer.source.columns.presets import PRESETS
from tui_importer.source.columns.recognise import ADDED, recognise
from tui_importer.source.errors import SourceHeader
from tui_importer.source.models import FIELDS

USUAL = sorted({*FIELD_OF, *(key for preset in PRESETS for key in (*preset.needs, *preset.fields)), "status", "salt"})
EXPORTS = [
    sorted({*preset.needs, *preset.fields, *(key for rule in preset.rules for key in rule.sources)})
    for preset in PRESETS
]
NAMES = st.one_of(
    st.lists(st.one_of(st.sampled_from(USUAL), st.sampled_from(FIELDS), st.text(max_size=45)), max_size=13).map(
        lambda names: ["email", *names]
    ),
    st.sampled_from(EXPORTS).flatmap(st.permutations),
)
MAPPINGS = st.dictionaries(st.integers(0, 13), st.sampled_from([*TARGETS, "nonsense"]), max_size=4)


@given(NAMES, MAPPINGS)
def test_a_header_is_refused_or_understood_as_a_whole(names: list[str], chosen: dict[int, str]) -> None:
    mapping = {names[at % len(names)]: target for at, target in chosen.items()}
    try:
        columns = recognise(names, Path("x.csv"), 1, mapping)
    except SourceHeader as error:
        assert error.next  # noqa: PT017 - either outcome is right
        return
    every = tuple(names)
    assert columns.names == every
    uses = coverage(columns)
    assert tuple(use.header for use in uses) == every
    assert {use.header for use in uses if use.use == "unused"} == set(columns.unknown)
    assert {use.header for use in uses if use.use == "metadata"} == set(columns.added)
    assert columns.fields.keys() == columns.positions.keys() <= set(FIELDS)
    assert sorted({*columns.positions.values()}) == sorted(columns.positions.values()), "two fields in one place"
    assert all(columns.headers[place] == columns.fields[field] for field, place in columns.positions.items())
    assert {name for name in columns.places if name.startswith(ADDED)} == {ADDED + name for name in columns.added}
    for header, target in mapping.items():
        if target in FIELDS and target != "metadata":
            assert columns.fields[target] == header
        if not target:
            assert header in columns.unknown
