"""Deliberate mistakes about files as people have them: broken records, headers, repairs, hashes."""

from __future__ import annotations

from typing import Final

from tests.mutations.mistake import Mistake

MISTAKES: Final = (
    Mistake(
        "a file of nothing but broken records is read on and on",
        "source/read/blocks.py",
        "self._broken * 2 > self._records",
        "self._broken * 10 > self._records",
        ("source/test_broken_rows.py::test_many_mistakes_far_and_near[2-64]",),
    ),
    Mistake(
        "a lone carriage return is no mistake",
        "source/read/rfc4180.py",
        ' or text.count(b"\\r") != text.count(b"\\r\\n")',
        "",
        ("source/test_broken_rows.py::test_a_quote_out_of_place_is_one_failed_row",),
    ),
    Mistake(
        "what a broken record swallowed is lost",
        "source/read/broken_records.py",
        "        return found if wrong else None",
        "        return None",
        ("source/test_broken_rows.py::test_a_quote_that_is_closed_by_the_next_one",),
    ),
    Mistake(
        "an external id may be a dot or two",
        "source/checks/values.py",
        '    return bad | value.is_in([".", ".."])',
        "    return bad",
        ("source/test_auto_fixes.py::test_rules_of_the_api",),
    ),
    Mistake(
        "refused rows count for the whole file",
        "source/checks/whole_file.py",
        '            self._rows = self._rows.join(rows.to_frame("row").lazy(), on="row", how="anti", '
        'maintain_order="left")',
        "            pass",
        ("source/test_frozen.py::test_a_scan_is_read_again",),
    ),
    Mistake(
        "argon2 may take any memory",
        "source/checks/password_hashes.py",
        "if not 4_096 <= memory <= 262_144:",
        "if not 4_096 <= memory:",
        ("source/test_password_hashes.py::test_bounds",),
    ),
    Mistake(
        "an address is verified in small letters only",
        "source/frozen/row_builder.py",
        "verified.lower() in TRUE",
        "verified in TRUE",
        ("source/test_auto_fixes.py::test_an_auto_fix_is_counted_or_an_error[booleans]",),
    ),
    Mistake(
        "a header that is separated otherwise is read",
        "source/read/dialect.py",
        "        if other is not None:\n            raise SourceDelimiter",
        "        if other is not None and False:\n            raise SourceDelimiter",
        (
            (
                "source/test_corpus.py::"
                "test_what_cannot_be_trusted_is_refused_with_the_reason[the header separated otherwise]"
            ),
        ),
    ),
    Mistake(
        "a header may have a NUL",
        "source/read/header.py",
        '    if b"\\0" in record:',
        "    if False:",
        ("source/test_corpus.py::test_what_cannot_be_trusted_is_refused_with_the_reason[a NUL in the header]",),
    ),
)
