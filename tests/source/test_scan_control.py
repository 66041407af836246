"""Limit, progress, cancelling, what is left behind."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tui_importer.source.errors import SourceError, SourceQuotes
from tui_importer.source.read.fingerprint import fingerprint
from tui_importer.source.scan import ScanCancelled, read_scan, scan

if TYPE_CHECKING:
    from tests.source.conftest import Sources
    from tui_importer.source.models import ScanProgress

ROOT = Path(__file__).parent.parent.parent
ROWS = "".join(f"u{number}@x.example,Org {number % 3},{number}\n" for number in range(1, 501))
SOURCE = f"email,org_name,role\n{ROWS}"


@pytest.mark.parametrize("limit", [1, 3, 499, 500, 501])
def test_limit(sources: Sources, small_blocks: int, limit: int) -> None:
    scanned = sources.scan(SOURCE, limit=limit)
    result = scanned.result
    wanted = min(limit, 500)
    assert (result.rows, result.importable, result.users, len(scanned.rows)) == (wanted, wanted, wanted, wanted)
    assert sum(organization.rows for organization in result.organizations) == wanted
    assert len(result.roles) == wanted
    assert result.fingerprint.size == len(SOURCE)
    assert result.fingerprint.sha256 == hashlib.sha256(SOURCE.encode()).hexdigest()


def test_what_lies_behind_the_limit_is_not_looked_at(sources: Sources, small_blocks: int) -> None:
    scanned = sources.scan(SOURCE + 'broken"\n' + "broken\n", limit=10)
    assert scanned.result.rows == 10
    assert scanned.findings == []


def test_progress(sources: Sources, small_blocks: int) -> None:
    seen: list[ScanProgress] = []
    result = sources.scan(SOURCE, progress=seen.append).result
    assert len(seen) > 10
    assert [p.rows for p in seen] == sorted(p.rows for p in seen)
    assert [p.bytes_read for p in seen] == sorted(p.bytes_read for p in seen)
    assert {p.bytes_total for p in seen} == {len(SOURCE)}
    assert (seen[-1].rows, seen[-1].bytes_read) == (result.rows, len(SOURCE))


def test_cancel_before_and_during(sources: Sources, tmp_path: Path, small_blocks: int) -> None:
    cancelled = threading.Event()
    calls: list[ScanProgress] = []

    def progress(progressed: ScanProgress) -> None:
        calls.append(progressed)
        if len(calls) == 3:
            cancelled.set()

    with pytest.raises(ScanCancelled):
        sources.scan(SOURCE, progress=progress, cancelled=cancelled)
    assert len(calls) == 3
    with pytest.raises(ScanCancelled):
        sources.scan(SOURCE, cancelled=cancelled)
    for folder in tmp_path.glob("job-*"):
        assert list(folder.iterdir()) == []
        with pytest.raises(SourceError):
            read_scan(folder)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("scan")]


def test_a_failing_progress_callback_is_not_hidden(sources: Sources) -> None:
    def progress(_progressed: ScanProgress) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        sources.scan(SOURCE, progress=progress)


def test_a_scan_that_fails_leaves_no_scan(sources: Sources, tmp_path: Path) -> None:
    folder = tmp_path / "job"
    (folder / ".scan-1").mkdir(parents=True)
    (folder / ".scan-1" / "secrets.parquet").write_text("left by a scan that was killed")
    (folder / "journal.sqlite").write_text("not ours")
    with pytest.raises(SourceQuotes):
        scan(sources.write(SOURCE + 'x,"y\n' * 900), folder)
    assert [file.name for file in folder.iterdir()] == ["journal.sqlite"]


def test_a_new_scan_replaces_an_older_one(sources: Sources, tmp_path: Path) -> None:
    folder = tmp_path / "job"
    scan(sources.write("email,password\na@x.example,secret\n"), folder)
    assert (folder / "secrets.parquet").exists()
    scan(sources.write("email\nb@x.example\n"), folder)
    assert not (folder / "secrets.parquet").exists()
    assert read_scan(folder).columns == ("email",)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_scan_at_once(tmp_path: Path, number: int) -> None:
    """polars holds the main thread; the interruption must not wait until the file is read."""
    source = tmp_path / "users.csv"
    source.write_text("email,org_name,role\n" + ROWS * 400)
    program = (
        "import pathlib, signal, sys\n"
        "from tui_importer.source.scan import scan\n"
        "signal.signal(signal.SIGTERM, signal.default_int_handler)\n"
        "def progress(p): print(p.rows, flush=True)\n"
        "try: scan(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), progress=progress)\n"
        "except KeyboardInterrupt: print('interrupted', flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, source, tmp_path / "job"], cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip().isdigit()
        os.kill(process.pid, number)
        rest = process.stdout.read().split()
    assert rest[-1] == "interrupted"
    assert list((tmp_path / "job").iterdir()) == []


def test_fingerprint(sources: Sources) -> None:
    path = sources.write(SOURCE)
    assert fingerprint(path).sha256 == hashlib.sha256(SOURCE.encode()).hexdigest()
    assert fingerprint(path) == scan(path, path.parent / "job").fingerprint


@pytest.mark.parametrize("module", ["models", "errors", "columns.recognise", "read.fingerprint", "problems"])
def test_what_is_imported_early_does_not_import_polars(module: str) -> None:
    code = f"import sys, tui_importer.source.{module}; sys.exit('polars' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_the_memory_knob_is_set_before_polars_is_imported() -> None:
    code = (
        "import os, sys\n"
        "import tui_importer.source.preview, tui_importer.source.scan\n"
        "assert os.environ['POLARS_CSV_CHUNK_SIZE'] == '1048576'\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "POLARS_CSV_CHUNK_SIZE"}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, env=environment)
    first = (ROOT / "tui_importer" / "source" / "_polars.py").read_text().partition("import polars")[0]
    assert "POLARS_CSV_CHUNK_SIZE" in first
    for file in (ROOT / "tui_importer" / "source").rglob("*.py"):
        if file.name != "_polars.py":
            assert "import polars" not in file.read_text(), file.name
            assert "from polars" not in file.read_text(), file.name


def test_ctrl_c_aborts_no_query_of_another_thread(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys, threading\n"
        "signal.signal(signal.SIGINT, lambda *_: print('handled'))\n"
        "from tui_importer.source._polars import pl, register_io_source\n"
        "def source(*_):\n"
        "    for number in range(50):\n"
        "        if number == 10: os.kill(os.getpid(), signal.SIGINT)\n"
        "        yield pl.DataFrame({'number': [number]})\n"
        "def work(): register_io_source(source, schema={'number': pl.Int64}).sink_parquet(sys.argv[1])\n"
        "thread = threading.Thread(target=work)\n"
        "thread.start()\n"
        "thread.join()\n"
        "print(pl.read_parquet(sys.argv[1]).height)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "numbers.parquet"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout.split() == ["handled", "50"]
