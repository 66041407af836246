"""Deliberate mistakes about what a screen shows, marks, masks and exports."""

from __future__ import annotations

from typing import Final

from tests.mutations.mistake import Mistake

MISTAKES: Final = (
    Mistake(
        "a name of a person is shown although names are masked",
        "tui/style/masking.py",
        "{name for name in names if len(name) >= 3}",
        "{name for name in names if len(name) >= 9}",
        ("console/test_console_units.py::test_masking_is_off_until_it_is_on",),
    ),
    Mistake(
        "marking all rows forgets those that a filter hides",
        "tui/table/model.py",
        "        self.marked = self.marked - ids if ids <= self.marked else self.marked | ids",
        "        self.marked = frozenset() if ids <= self.marked else ids",
        ("console/test_console_table_keys.py::test_marks_survive_filters_and_new_data_and_esc_peels_them_first",),
    ),
    Mistake(
        "a mark stays on a row that is gone",
        "tui/table/model.py",
        "            self.marked = self.marked.intersection(self.source.all_ids(self.traits.id_name))",
        "            pass",
        ("console/test_console_table_keys.py::test_marks_survive_filters_and_new_data_and_esc_peels_them_first",),
    ),
    Mistake(
        "rows of a failed organization are not tried again with it",
        "tui/screens/job/retry_and_skip.py",
        '    return pl.concat([picked, blocked]).unique("sequence", maintain_order=True)',
        "    return picked",
        ("console/test_console_review.py::TestTryingAgain::test_with_an_organization_go_the_rows_that_failed_by_it",),
    ),
    Mistake(
        "the last kind of failure that has room is left out",
        "tui/screens/job/failures_panel.py",
        "data.kinds[room - 1 :]",
        "data.kinds[room:]",
        ("console/test_console_dashboard.py::TestMuchRoom::test_kinds_of_errors_follow_what_arrives_and_what_is_gone",),
    ),
    Mistake(
        "a formula is exported as one",
        "tui/table/export.py",
        "    return cell(value) if isinstance(value, str) else str(value)",
        "    return str(value)",
        ("console/test_console_export.py::test_x_writes_what_is_shown_and_the_log_has_it",),
    ),
    Mistake(
        "empty cells come first in a table that is sorted downwards",
        "tui/table/polars_rows.py",
        "    sort = pl.arg_sort_by(key, descending=query.descending, nulls_last=True, maintain_order=True)",
        "    sort = pl.arg_sort_by(key, descending=query.descending, nulls_last=not query.descending, "
        "maintain_order=True)",
        ("console/test_console_table_model.py::test_absent_values_are_last_either_way",),
    ),
    Mistake(
        "a cache miss does not stand out",
        "tui/screens/job/organizations_panel.py",
        'STYLES["bad" if data.misses else "muted"]',
        'STYLES["muted"]',
        ("console/test_console_dashboard.py::TestHonesty::test_a_key_that_the_prewarm_did_not_resolve_stands_out",),
    ),
    Mistake(
        "the advice for a bad hash is to retry the row",
        "workos/explanations.py",
        '        "Check password_hash_type and the hash; try one user first, for a wrong hash is '
        'accepted silently.",\n'
        "        other_value=True,",
        '        "Check password_hash_type and the hash; try one user first, for a wrong hash is accepted silently.",',
        ("engine/test_explanations.py::test_what_is_corrected_in_the_file_needs_a_new_job",),
    ),
)
