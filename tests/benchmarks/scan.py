"""Time and memory of preview and scan: `python tests/benchmarks/scan.py FILE...`, each in a process of its own.

Each file is measured as it is, with semicolons, in Windows-1252 and in gzip (`--plain`: only as it is), beside what the
same machine needs at least: polars reading all columns of the plain file, and `wc -l`. The first run of a process pays
for imports and a cold cache; the fastest of the others is what a warm process needs.
Bars: 60 ms for a preview and 400 ms for a scan of 19 MB (15,000 rows); below 400 MB for 1,000,000 rows.
"""

from __future__ import annotations

import csv
import gzip
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LARGE = 200 << 20
FORMS = {"semicolons": ".semicolons.csv", "Windows-1252": ".cp1252.csv", "gzip": ".csv.gz"}
CHUNK = 1_000


def measure(path: Path) -> dict[str, object]:
    """What one process sees; run in a child."""
    from tui_importer.source.frozen.reader import FrozenRows
    from tui_importer.source.preview import preview
    from tui_importer.source.scan import scan

    runs = 3 if path.stat().st_size > LARGE else 15
    previews = [preview(path).seconds for _ in range(runs)]
    before = peak()
    with tempfile.TemporaryDirectory() as name:
        results = [scan(path, Path(name)) for _ in range(1 if path.stat().st_size > LARGE else runs)]
        scans = [result.seconds for result in results]
        scan_peak = peak()
        stored = sum(file.stat().st_size for file in Path(name).iterdir())
        frozen = FrozenRows(Path(name))
        reads = []
        for first in range(1, frozen.rows + 1, max(CHUNK, frozen.rows // 40)):
            started = time.perf_counter()
            frozen.read(first, first + CHUNK - 1)
            reads.append(time.perf_counter() - started)
    return {
        "rows": results[-1].rows,
        "preview": min(previews[1:]),
        "preview_cold": previews[0],
        "preview_peak": before,
        "scan": min(scans[1:] or scans),
        "scan_cold": scans[0],
        "scan_median": statistics.median(scans[1:] or scans),
        "scan_peak": scan_peak,
        "stored": stored,
        "read": statistics.median(reads),
    }


def measure_least(path: Path) -> dict[str, float]:
    """What polars alone needs for all columns, everything as strings, and `wc -l`; run in a child."""
    from tui_importer.source._polars import pl

    times: dict[str, list[float]] = {"polars": [], "wc": []}
    for _ in range(3 if path.stat().st_size > LARGE else 15):
        started = time.perf_counter()
        frame = pl.scan_csv(path, infer_schema=False, glob=False)
        frame.select(pl.all().str.len_bytes().sum()).collect(engine="streaming")
        times["polars"].append(time.perf_counter() - started)
        started = time.perf_counter()
        subprocess.run(["wc", "-l", str(path)], check=True, stdout=subprocess.DEVNULL)
        times["wc"].append(time.perf_counter() - started)
    return {name: min(found) for name, found in times.items()} | {"peak": peak()}


def write_form(path: Path, form: str, target: Path) -> None:
    """Write `path` in another form, line by line."""
    if form == "gzip":
        with path.open("rb") as source, gzip.open(target, "wb", compresslevel=6) as packed:
            shutil.copyfileobj(source, packed, 1 << 20)
        return
    encoding = "cp1252" if form == "Windows-1252" else "utf-8"
    with (
        path.open(encoding="utf-8", newline="") as source,
        target.open("w", encoding=encoding, errors="replace") as out,
    ):
        writer = csv.writer(out, delimiter=";" if form == "semicolons" else ",", lineterminator="\n")
        writer.writerows(csv.reader(source))


def peak() -> int:
    """Peak resident memory of this process in bytes."""
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes if sys.platform == "darwin" else kilobytes * 1024


def child(command: str, path: Path) -> dict[str, float]:
    """What a process of its own measures."""
    done = subprocess.run(
        [sys.executable, __file__, command, str(path)], check=True, capture_output=True, encoding="utf-8"
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def report(path: Path, form: str, least: dict[str, float]) -> None:
    found = child("--child", path)
    megabytes = path.stat().st_size / 1e6
    print(f"{path.name}{f' ({form})' if form else ''}: {megabytes:,.1f} MB, {found['rows']:,} rows")
    print(
        f"  preview  {found['preview'] * 1e3:8,.0f} ms   (cold {found['preview_cold'] * 1e3:,.0f} ms)"
        f"   {megabytes / found['preview']:7,.0f} MB/s   peak {found['preview_peak'] / 1e6:,.0f} MB"
    )
    print(
        f"  scan     {found['scan'] * 1e3:8,.0f} ms   (cold {found['scan_cold'] * 1e3:,.0f} ms,"
        f" median {found['scan_median'] * 1e3:,.0f} ms)   {megabytes / found['scan']:7,.0f} MB/s"
        f"   peak {found['scan_peak'] / 1e6:,.0f} MB   stored {found['stored'] / 1e6:,.1f} MB"
    )
    print(f"  ratios   {found['scan'] / least['polars']:8,.1f} x polars   {found['scan'] / least['wc']:,.0f} x wc -l")
    print(f"  read     {found['read'] * 1e3:8,.1f} ms   for {CHUNK:,} rows as objects")


def main() -> None:
    root = str(Path(__file__).parent.parent.parent)
    if root not in sys.path:
        sys.path.insert(0, root)
    arguments = sys.argv[1:]
    if arguments[:1] == ["--child"]:
        print(json.dumps(measure(Path(arguments[1]))))
        return
    if arguments[:1] == ["--least"]:
        print(json.dumps(measure_least(Path(arguments[1]))))
        return
    paths = [Path(name) for name in arguments if name != "--plain"]
    if not paths:
        sys.exit(__doc__)
    for path in paths:
        least = child("--least", path)
        print(
            f"{path.name}: polars {least['polars'] * 1e3:,.0f} ms (peak {least['peak'] / 1e6:,.0f} MB),"
            f" wc -l {least['wc'] * 1e3:,.0f} ms"
        )
        report(path, "", least)
        for form, ending in () if "--plain" in arguments else FORMS.items():
            with tempfile.TemporaryDirectory() as name:
                target = Path(name) / (path.stem + ending)
                write_form(path, form, target)
                report(target, form, least)


if __name__ == "__main__":
    main()
