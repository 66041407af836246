"""A crash report helps to find the fault and gives nothing away."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from tui_importer.crash_report import crash_report, redact, write_crash
from tui_importer.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path


def crash(message: str) -> BaseException:
    local_only = "sk_test_" + "LOCALVALUE123"
    try:
        try:
            raise KeyError(message)
        except KeyError as cause:
            raise RuntimeError(f"while {len(local_only)}") from cause
    except RuntimeError as error:
        return error


SECRETS = [
    ("key sk_test_a1B2c3 refused", "a1B2c3"),
    ("key sk_live_a1B2c3", "a1B2c3"),
    ("{'Authorization': 'Bearer abc.def'}", "abc.def"),
    ("{'password': 'hunter2 x'}", "hunter2"),
    ('"api_key": "abcdef"', "abcdef"),
    ("hash $2b$12$abcdefghijklmnopqrstuv", "abcdefghijklmnopqrstuv"),
    ("hash $argon2id$v=19$m=1$c2FsdA$aGFzaA", "c2FsdA"),
    ("https://ann:pw@host/x", "pw@"),
    ("row of ann.lee+x@example.co.uk failed", "ann.lee"),
    ("Authorization: Basic YW5uOmh1bnRlcjI=", "YW5uOmh1bnRlcjI"),
    ("User(password='hunter2 \\'x\\' y', n=1)", "y'"),
    ("password_hash=b'0f1e2d3c'", "0f1e2d3c"),
    ('{\\"client_secret\\": \\"abc def\\"}', "abc"),
    ("GET /x?token=abc123&n=1", "abc123"),
    ("PROXY_AUTHORIZATION: abc123", "abc123"),
    ("otpauth://totp/x?secret=JBSWY3DP", "JBSWY3DP"),
    ("totp_secret: JBSWY3DP", "JBSWY3DP"),
    ("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "eyJzdWIi"),
    ("hash {SSHA256}c2FsdGVk", "c2FsdGVk"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "MIIE"),
]


@pytest.mark.parametrize(("text", "hidden"), SECRETS)
def test_secrets_and_persons_are_masked(text: str, hidden: str) -> None:
    assert hidden not in redact(text)
    assert "•••" in redact(text)


@pytest.mark.parametrize(("text", "hidden"), SECRETS)
def test_the_crash_file_is_redacted_and_masks_the_key_of_the_environment_and_the_given_ones(
    text: str, hidden: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKOS_API_KEY", "corp-key-123456789")
    error = crash(f"{text} corp-key-123456789 typed-key-987654321")
    report = write_crash(error, tmp_path, secrets=(Secret("typed-key-987654321"), None)).read_text(encoding="utf-8")
    assert hidden not in report
    assert "key-123456789" not in report
    assert "key-987654321" not in report


def test_ordinary_text_stays() -> None:
    text = "row 12: 409 conflict at /user_management/users, task_1 done"
    assert redact(text) == text


def test_the_report_has_the_frames_and_causes_but_no_locals() -> None:
    report = crash_report(crash("sk_test_MESSAGEVALUE1"))
    assert "test_crash.py" in report
    assert "KeyError" in report
    assert "RuntimeError: while 21" in report
    assert "LOCALVALUE" not in report
    assert "MESSAGEVALUE" not in report


def test_a_report_cannot_drive_a_terminal() -> None:
    assert "\x1b" not in crash_report(crash("\x1b]2;PWNED\x07"))


def test_the_file_is_new_and_for_the_owner_only(tmp_path: Path) -> None:
    error = crash("x")
    first, second = write_crash(error, tmp_path), write_crash(error, tmp_path)
    assert first != second
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert "RuntimeError" in first.read_text(encoding="utf-8")
