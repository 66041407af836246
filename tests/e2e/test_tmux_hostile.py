"""Hostile text from a file, its name and a server, in a real terminal: shown as text, obeyed by nobody."""

from __future__ import annotations

import base64
import csv
import json
import re
import threading
from contextlib import contextmanager
from functools import partial
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.cli.conftest import _Veiled, wait_until
from tests.e2e.tmux import Tmux, in_tmux
from tests.support import COLUMNS, UNLIMITED
from tui_importer.sandbox.server import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TITLE = "\x1b]0;PWNED\x07"
CLIPBOARD = "\x1b]52;c;UFdORUQ=\x07"
CLEAR = "\x1b[3J\x1b[2J"
C1 = "\u009d0;PWNED\u009c\u009b3J"
INVISIBLE = "\u202egnp\u2066.\u200bz\u2069"
MARKUP = "[bold red]x[/][@click=app.leave]y[/]"
HOSTILE = f"{TITLE}{CLIPBOARD}{CLEAR}{C1}{INVISIBLE}{MARKUP}"
REACTIONS = (b"\x1b]0;PWNED", b"\x1b]52;c;UFdORUQ=", b"\x1b[3J")
"""What a payload would be on its way to the terminal."""
FORBIDDEN = re.compile(
    "[\x00-\x07\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
SYSTEM_COMMAND = re.compile("\x1b\\](.*?)(?:\x07|\x1b\\\\)", re.DOTALL)


class _Spiteful(_Veiled):
    """The sandbox, but no membership is written, and the refusals attack the terminal."""

    def do_POST(self) -> None:  # noqa: N802 - the name that the server calls
        if not self.path.startswith("/user_management/organization_memberships"):
            super().do_GET()
            return
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        content = json.dumps({"code": f"odd{HOSTILE}", "message": f"No:{HOSTILE}\nnext", "errors": [HOSTILE]}).encode()
        self.send_response_only(422)
        self.send_header("X-Request-ID", f"req{TITLE}{CLIPBOARD}")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def spiteful_server(url: str) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Spiteful, urlsplit(url).netloc))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def write_hostile(folder: Path) -> Path:
    """Cells of every kind that a row may have, in a file whose name is no better."""
    path = folder / f"us{TITLE}ers{CLIPBOARD.replace('/', '')}{C1}{INVISIBLE}[bold red]x[%].csv"
    row = dict.fromkeys(COLUMNS, "") | {"email_verified": "true", "org_external_id": "org-1", "org_name": "One"}
    rows = [
        row | {"email": "good@example.com", "first_name": MARKUP, "org_name": f"One {MARKUP}"},
        row | {"email": "cell@example.com", "first_name": HOSTILE, "last_name": f"line\nnext{HOSTILE}"},
        row | {"email": f"bad{HOSTILE}@example.com"},
        row | {"email": "name@example.com", "org_external_id": "org-2", "org_name": f"Org{HOSTILE}"},
        row | {"email": "key@example.com", "org_external_id": f"key{HOSTILE}", "org_name": "Key"},
        row | {"email": "role@example.com", "role_slug": f"role{HOSTILE}"},
        row | {"email": "meta@example.com", "metadata": f"{{{HOSTILE}"},
    ]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*COLUMNS, f"extra{HOSTILE}"], restval="x", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def assert_harmless(console: Tmux, *, copied: bool = False) -> None:
    """Nothing of what the terminal was sent is more than text and what the console does itself (`copied`: a copy)."""
    raw = console.raw
    for reaction in REACTIONS:
        assert reaction not in raw
    text = raw.decode("utf-8")
    for command in SYSTEM_COMMAND.findall(text):
        number, _, given = command.partition(";")
        if number == "52" and copied:
            assert not FORBIDDEN.search(base64.b64decode(given.removeprefix("c;"), validate=True).decode())
            continue
        assert number in {"0", "22"}, command  # the title, and the mouse pointer's shape
        assert given in {"", "default", "pointer", "text"} or given.endswith("tui-importer"), command
    found = FORBIDDEN.search(SYSTEM_COMMAND.sub("", text))
    assert found is None, (found, text[found.start() - 40 : found.end() + 40])
    assert console.title != "PWNED"
    assert console.buffers == []


def test_hostile_text_is_shown_and_never_obeyed(tmp_path: Path, home: Path) -> None:
    source = write_hostile(tmp_path)
    (home / "config.toml").write_text('writes_per_10s = 0\nmax_failed = "off"\n', encoding="utf-8")
    with Sandbox(UNLIMITED) as sandbox, spiteful_server(sandbox.url) as url:
        environment = {"WORKOS_BASE_URL": url, "WORKOS_API_KEY": sandbox.key}
        with in_tmux(tmp_path / "hostile", "open", source, environment=environment) as console:
            console.wait_for("STAGING", "us␛]0;PWNED␇ers␛]52;c;", "extra␛]0;PWNED␇")
            console.wait_for("Nothing has been written yet", "refused by the scan", key="Enter")
            console.wait_for("FINISHED", "Summary", key="Enter")
            for tab, words in (
                ("4", "One [bold red]x[/][@clic"),
                ("5", "␛]0;PWNED"),
                ("2", "latency"),
                ("3", "bad␛]0;pwned"),
            ):
                console.press(tab)
                console.wait_for(words)
            look_at_hostile_errors(console)
            console.wait_for("enter Open")  # of the groups
            console.press("Escape")
            console.wait_for("All errors", without="1 of 2")
            console.press("?")
            console.wait_for("› help", "Fewer workers")
            console.press("Escape")
            console.wait_for("g All errors")
            console.press("Escape")
            console.wait_for("tui-importer › jobs", "us")
            assert_harmless(console, copied=True)
            console.press("q")
            assert console.end() == 0
            console.assert_given_back()
            assert_harmless(console, copied=True)


def look_at_hostile_errors(console: Tmux) -> None:
    """All views of the server's refusal, and a copy of its words."""
    console.press("g")
    console.wait_for("share", "No:␛]‹n›;PWNED␇")  # numbers are left out of a cause
    console.press("P")
    console.wait_for("masked")
    console.press("P")
    console.press("/")
    console.wait_for("enter Keep")
    console.type("No:")
    console.wait_for("No:␛]‹n›;PWNED", "1 of 2", without="control_character")
    console.press("Enter")
    console.wait_for("enter Open")
    console.press("Enter")
    console.wait_for("Group refused")
    console.press("Enter")
    console.wait_for("No:␛]0;PWNED␇", "What to do")
    console.press("d")
    console.wait_for("d Summary", "[bold red]x[/]")
    console.press("NPage")
    assert_harmless(console)
    console.press("y")
    wait_until(lambda: console.buffers)
    assert not FORBIDDEN.search(console.do("show-buffer"))
    console.do("delete-buffer")
    console.press("Escape")
    console.wait_for("Group refused")
    console.press("Escape")
