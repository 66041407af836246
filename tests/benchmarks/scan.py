"""Time and memory of preview and scan: `python tests/benchmarks/scan.py FILE...`, each in a process of its own.

The first run of a process pays for imports and a cold cache; the fastest of the others is what a warm process needs.
Bars: 60 ms for a preview and 400 ms for a scan of 19 MB (15,000 rows); below 400 MB for 1,000,000 rows.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LARGE = 200 << 20
CHUNK = 1_000


def measure(path: Path) -> dict[str, object]:
    """What one process sees; run in a child."""
    from tui_importer.source.frozen import FrozenRows
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


def peak() -> int:
    """Peak resident memory of this process in bytes."""
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes if sys.platform == "darwin" else kilobytes * 1024


def report(path: Path) -> None:
    command = [sys.executable, __file__, "--child", str(path)]
    done = subprocess.run(command, check=True, capture_output=True, encoding="utf-8")
    found = json.loads(done.stdout)
    megabytes = path.stat().st_size / 1e6
    print(f"{path.name}: {megabytes:,.1f} MB, {found['rows']:,} rows")
    print(
        f"  preview  {found['preview'] * 1e3:8,.0f} ms   (cold {found['preview_cold'] * 1e3:,.0f} ms)"
        f"   {megabytes / found['preview']:7,.0f} MB/s   peak {found['preview_peak'] / 1e6:,.0f} MB"
    )
    print(
        f"  scan     {found['scan'] * 1e3:8,.0f} ms   (cold {found['scan_cold'] * 1e3:,.0f} ms,"
        f" median {found['scan_median'] * 1e3:,.0f} ms)   {megabytes / found['scan']:7,.0f} MB/s"
        f"   peak {found['scan_peak'] / 1e6:,.0f} MB   stored {found['stored'] / 1e6:,.1f} MB"
    )
    print(f"  read     {found['read'] * 1e3:8,.1f} ms   for {CHUNK:,} rows as objects")


def main() -> None:
    root = str(Path(__file__).parent.parent.parent)
    if root not in sys.path:
        sys.path.insert(0, root)
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(measure(Path(sys.argv[2]))))
        return
    if not sys.argv[1:]:
        sys.exit(__doc__)
    for name in sys.argv[1:]:
        report(Path(name))


if __name__ == "__main__":
    main()
