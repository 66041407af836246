"""Starting, stopping, the state pages, the settings."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tui_importer.sandbox.errors import SandboxError
from tui_importer.sandbox.server import Sandbox, serve_forever
from tui_importer.sandbox.settings import FAULT_KINDS, Fault, SandboxSettings, parse_fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.conftest import Api

PROGRAM = """
from tui_importer.sandbox.server import serve_forever
from tui_importer.sandbox.settings import SandboxSettings
serve_forever(SandboxSettings(latency=30), on_ready=lambda url: print(url, flush=True))
print("ended", flush=True)
"""


def ask(url: str, timeout: httpx.Timeout | None = None) -> httpx.Response:
    headers = {"Authorization": "Bearer sk_test_sandbox"}
    return httpx.get(url, headers=headers, timeout=timeout, trust_env=False)


def test_the_state_page_tells_what_exists_and_what_was_asked(start: Callable[..., Api]) -> None:
    api = start(latency=0.001, faults={"500": Fault(1, calls=["list_users"])}, writes_per_10s=3)
    acme, ada = api.organization(external_id="acme"), api.user()
    membership = api.join(ada["id"], acme["id"]).json()
    api.post("/organizations", name="Again", external_id="acme")
    api.get("/user_management/users")
    api.post("/user_management/users", email="ada@example.com")
    assert api.post("/user_management/users", email="bob@example.com").status_code == 429
    api.get("/nowhere")
    state = api.anonymous("/__sandbox/state").json()
    assert state["sandbox"] is True
    assert (state["organizations"], state["users"]) == ([acme], [ada])
    del membership["user"]
    assert state["memberships"] == [membership]
    assert state["counts"] == {"organizations": 1, "users": 1, "memberships": 1}
    assert state["requests"] == {
        "create_organization": {"201": 1, "400": 1},
        "create_user": {"201": 1, "400": 1, "429": 1},
        "create_membership": {"201": 1},
        "list_users": {"500": 1},
        "unknown": {"404": 1},
    }
    assert (state["total"], state["rate_limited"], state["max_in_flight"]) == (8, 1, 1)
    assert state["conflicts"] == {"organization_external_id": 1, "user_email": 1}
    assert state["faults"] == {"500": 1}
    without = api.anonymous("/__sandbox/state?objects=0").json()
    assert set(state) - set(without) == {"organizations", "users", "memberships"}
    assert (without["counts"], without["total"]) == (state["counts"], 8)


def test_the_state_in_process_is_the_same(start: Callable[..., Api]) -> None:
    api = start(latency=0)
    acme = api.organization()
    state = api.sandbox.state
    assert state.organizations == (acme,)
    assert state.asked("create_organization") == state.asked("create_organization", 201) == 1
    assert state.asked("create_user") == 0
    assert api.sandbox.snapshot(objects=False).organizations == ()


def test_the_last_requests_are_listed(api: Api) -> None:
    api.organization()
    api.get("/organizations", search="a b")
    listed = api.anonymous("/__sandbox/requests").json()["requests"]
    assert [(each["method"], each["call"], each["status"], each["applied"]) for each in listed] == [
        ("POST", "create_organization", 201, True),
        ("GET", "list_organizations", 200, True),
    ]
    assert listed[1]["target"] == "/organizations?search=a+b"
    assert 0 < listed[0]["at"] < listed[1]["at"]
    last = api.anonymous("/__sandbox/requests?last=1").json()["requests"]
    assert last == listed[1:]
    assert [each.call for each in api.sandbox.requests(1)] == ["list_organizations"]
    assert api.anonymous("/__sandbox/nothing").status_code == 404


def test_settings_change_while_it_runs(api: Api) -> None:
    api.sandbox.update(roles=("member", "owner"))
    assert api.sandbox.settings.roles == ("member", "owner")
    assert api.join(api.user()["id"], api.organization()["id"], role_slug="owner").status_code == 201
    with pytest.raises(ValueError, match="negative"):
        api.sandbox.update(latency=-1)
    with pytest.raises(TypeError):
        api.sandbox.update(nothing=1)
    with pytest.raises(ValueError, match="no call 'create_usr'"):
        api.sandbox.update(faults={"500": Fault(1, calls=["create_usr"])})
    assert api.sandbox.settings.faults == {}


def test_it_goes_away_and_comes_back_with_what_it_held() -> None:
    sandbox = Sandbox(SandboxSettings(seed=1))
    sandbox.seed_organization("Before the start")
    with sandbox:
        url = sandbox.url
        assert len(ask(f"{url}/organizations").json()["data"]) == 1
        sandbox.close()
        sandbox.close()
        with pytest.raises(httpx.ConnectError):
            ask(f"{url}/organizations")
        assert sandbox.state.counts["organizations"] == 1
        sandbox.start()
        assert sandbox.start() is sandbox
        assert sandbox.url == url
        assert len(ask(f"{url}/organizations").json()["data"]) == 1
    assert not [thread for thread in threading.enumerate() if thread.name == "sandbox"]


def test_closing_cuts_requests_under_way(start: Callable[..., Api], eventually: Callable[..., None]) -> None:
    api = start(latency=600)
    errors: list[httpx.HTTPError] = []

    def ask() -> None:
        try:
            api.post("/organizations", name="Acme")
        except httpx.HTTPError as error:
            errors.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    eventually(lambda: api.sandbox.state.in_flight == 1)
    api.sandbox.close()
    asking.join(20)
    assert len(errors) == 1
    assert (api.sandbox.state.in_flight, api.sandbox.state.counts["organizations"]) == (0, 0)


def test_a_port_in_use_is_named() -> None:
    with Sandbox() as sandbox:
        port = int(sandbox.url.rsplit(":", 1)[1])
        with pytest.raises(SandboxError, match=f"127.0.0.1:{port}") as caught:
            Sandbox(port=port).start()
        assert caught.value.next
    with pytest.raises(SandboxError, match="cannot listen"):
        Sandbox(port=70_000).start()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com", ""])
def test_it_stays_on_loopback_unless_told_otherwise(host: str) -> None:
    with pytest.raises(SandboxError, match="other machines"):
        Sandbox(host=host)
    with pytest.raises(SandboxError, match="other machines"):
        serve_forever(SandboxSettings(), host)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "0.0.0.0"])
def test_it_listens_where_it_is_told(host: str) -> None:
    if host == "::1" and not _has_ipv6():
        return
    with Sandbox(host=host, allow_remote=host == "0.0.0.0") as sandbox:
        url = sandbox.url.replace("0.0.0.0", "127.0.0.1")
        assert httpx.get(f"{url}/__sandbox", trust_env=False).json()["sandbox"] is True


def _has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.skipif(sys.platform == "win32", reason="signals end a process differently there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_serving_cleanly_even_with_a_request_under_way(number: int) -> None:
    command = [sys.executable, "-W", "error", "-c", PROGRAM]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with pytest.raises(httpx.ReadTimeout):
            ask(f"{url}/organizations", timeout=httpx.Timeout(30, read=0.1))
        process.send_signal(number)
        output, errors = process.communicate(timeout=20)
    assert (process.returncode, output, errors) == (0, "ended\n", "")


@pytest.mark.parametrize("text", ["500:0.02", " 500:2e-2 "])
def test_a_fault_is_parsed(text: str) -> None:
    assert parse_fault(text) == ("500", Fault(0.02))


@pytest.mark.parametrize("kind", FAULT_KINDS)
def test_every_kind_is_parsed(kind: str) -> None:
    assert parse_fault(f"{kind}:1") == (kind, Fault(1))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("500", "KIND:P"),
        ("", "KIND:P"),
        ("501:0.1", "the kinds are 500, 503, html"),
        ("500:x", "from 0 to 1"),
        ("500:", "from 0 to 1"),
        ("500:1.1", "from 0 to 1"),
        ("500:nan", "from 0 to 1"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_with_a_sentence(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_fault(text)


@pytest.mark.parametrize(
    "settings",
    [
        {"latency": -1},
        {"writes_per_10s": -1},
        {"window_seconds": 0},
        {"revoke_after": -1},
        {"key": ""},
        {"roles": ("admin",)},
        {"faults": {"404": 0.1}},
        {"faults": {"500": 2.0}},
        {"faults": {"500": 0.6, "503": 0.6}},
        {"faults": {"500": 0.6, "503": Fault(0.6, calls=["get_user"])}},
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"[.]$"):
        SandboxSettings(**settings)


def test_a_seed_cannot_be_given_twice(api: Api) -> None:
    sandbox = api.sandbox
    acme, ada = sandbox.seed_organization("Acme", external_id="acme"), sandbox.seed_user("ada@example.com")
    sandbox.seed_membership(ada["id"], acme["id"])
    with pytest.raises(ValueError, match="acme"):
        sandbox.seed_organization("Acme", external_id="acme")
    with pytest.raises(ValueError, match="ADA"):
        sandbox.seed_user("ADA@example.com")
    with pytest.raises(ValueError, match="already"):
        sandbox.seed_membership(ada["id"], acme["id"])
    with pytest.raises(ValueError, match="gone"):
        sandbox.seed_membership(ada["id"], acme["id"], status="gone")
    with pytest.raises(KeyError):
        sandbox.seed_membership("user_x", acme["id"])
