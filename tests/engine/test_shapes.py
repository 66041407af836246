"""Messages of one trouble fold into one shape, those of different troubles do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_importer.engine.run.message_shapes import shape_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The user ada@example.com exists.", "The user bob.o'neil+x@mail.example.org exists."),
        (
            "Organization not found: 'org_01EHWNCE74X7JSDV0X3SZ3KJNY'.",
            "Organization not found: 'org_01EHWNCE74X7JSDV0X3SZ3KJNZ'.",
        ),
        ("No answer from 127.0.0.1:4100 after 60.0 s.", "No answer from 10.0.0.7:443 after 5 s."),
        ("request 5f1f2c1e-0a3b-4c5d-8e9f-0123456789ab", "request ffffffff-0a3b-4c5d-8e9f-0123456789ab"),
        ("Row 1,204 brings this person first.", "Row 7 brings this person first."),
        ("“x” is not an e-mail address.", "“ada@” is not an e-mail address."),
        ("digest 9f86d081884c7d65", "digest 60303ae22b998861"),
        ("see https://example.com/a?b=1", "see http://example.org/"),
    ],
)
def test_what_belongs_to_one_row_is_folded(one: str, other: str) -> None:
    assert shape_of(one) == shape_of(other)
    assert shape_of(one) != one


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Role 'admin' is not a valid role.", "Role 'pilot' is not a valid role."),
        ("This email is not available.", "This password is too short."),
        ("invalid_role_slug", "invalid_metadata"),
    ],
)
def test_different_troubles_stay_apart(one: str, other: str) -> None:
    assert shape_of(one) != shape_of(other)


@given(st.text() | st.text(alphabet="a1f_@.-:“”,/ 9", max_size=40))
def test_folding_twice_changes_nothing(message: str) -> None:
    folded = shape_of(message)
    assert shape_of(folded) == folded
