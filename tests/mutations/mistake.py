"""What a deliberate mistake is: a small wrong change of the program, as data."""

from __future__ import annotations

from typing import NamedTuple


class Mistake(NamedTuple):
    """One change of the program that must not go unnoticed.

    `old` is in `file`, which is below the package, exactly once. `tests` are below `tests/`: files, or tests of one
    (`file::test`, `file::Class::test[parameter]`). One of them at least must fail.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
