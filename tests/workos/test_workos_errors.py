"""What each answer becomes: error, attempt, limiter; and that no secret is in any of it."""

from __future__ import annotations

import logging
import pickle
import threading
import traceback
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workos.clocks import StepClock
from tests.workos.fake_api import KEY, ORGANIZATION, USER, FakeApi, listing
from tui_importer.secret import Secret
from tui_importer.workos.errors import (
    Cancelled,
    KeyRejected,
    NotFound,
    NotSent,
    PermissionDenied,
    RateLimited,
    Refused,
    ServiceFailed,
    WorkosError,
)
from tui_importer.workos.masking import MASK
from tui_importer.workos.rate_limiter import RateLimiter

PASSWORD = 'correct horse "battery" <staple>'

STATUSES: dict[int, type[WorkosError]] = {
    300: ServiceFailed, 301: Refused, 302: ServiceFailed, 304: ServiceFailed, 307: ServiceFailed, 308: Refused,
    400: Refused, 401: KeyRejected, 402: Refused, 403: PermissionDenied, 404: NotFound, 405: Refused, 407: Refused,
    408: ServiceFailed, 409: Refused, 413: Refused, 418: Refused, 422: Refused, 429: RateLimited, 451: Refused,
    500: ServiceFailed, 501: Refused, 502: ServiceFailed, 503: ServiceFailed, 504: ServiceFailed, 505: Refused,
    520: ServiceFailed, 529: ServiceFailed,
}  # fmt: skip

BODIES = [
    httpx.ByteStream(b""),
    httpx.ByteStream(b"<html><title>Oh</title></html>"),
    httpx.ByteStream(b'{"message": "Oh"}'),
    httpx.ByteStream(b'["a", {"code": "b"}]'),
    httpx.ByteStream(b"\xff\x00"),
]


def create(api: FakeApi) -> WorkosError:
    """The error of creating a user with a password."""
    with pytest.raises(WorkosError) as caught:
        api.ask(lambda c: c.create_user({"email": "ada@example.com"}, {"password": Secret(PASSWORD)}))
    return caught.value


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize(("status", "kind"), STATUSES.items())
def test_each_status_with_any_body(status: int, kind: type[WorkosError], body: httpx.ByteStream) -> None:
    error = create(FakeApi(httpx.Response(status, stream=body)))
    assert type(error) is kind
    assert error.status == status
    assert f"({status})" in error.message
    assert error.next
    assert str(error).isprintable()


def test_what_an_engine_decides_by() -> None:
    kinds: list[type[WorkosError]] = [*STATUSES.values(), NotSent]
    assert {kind for kind in kinds if kind.retryable} == {ServiceFailed, RateLimited, NotSent}
    assert KeyRejected.exit_code == 4
    assert ServiceFailed.exit_code == 3


def test_the_apis_own_words_codes_and_request_id() -> None:
    body = {
        "message": "Could not create user.",
        "code": "user_creation_error",
        "errors": [{"code": "email_not_available", "message": "This email is not available."}],
    }
    error = create(FakeApi(httpx.Response(400, json=body, headers={"X-Request-ID": "req_17\x1b"})))
    assert error.text == "Could not create user. This email is not available."
    assert error.message == "Could not create user. This email is not available (400)."
    assert error.codes == ("user_creation_error", "email_not_available")
    assert error.code == "email_not_available"
    assert error.request_id == "req_17␛"
    assert "dashboard" in error.next


def test_without_words_the_meaning_stands_in() -> None:
    assert create(FakeApi((422, {"code": "invalid_role"}))).message == (
        "The role does not exist in this environment or organization (422)."
    )


def test_a_redirect_says_where_to_without_the_query() -> None:
    error = create(FakeApi(httpx.Response(302, headers={"Location": "https://login.example/in?token=abc"})))
    assert "https://login.example/in" in error.message
    assert "abc" not in str(error)
    assert "base URL" in error.next


TRANSPORT = [
    (httpx.ConnectError("[Errno 111] Connection refused"), NotSent, "Connection refused"),
    (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"), NotSent, "certificate"),
    (httpx.ConnectTimeout("timed out"), NotSent, "in time"),
    (httpx.PoolTimeout(""), NotSent, "in time"),
    (httpx.ProxyError("403 Forbidden"), NotSent, "403"),
    (httpx.ReadTimeout("timed out"), ServiceFailed, "in time"),
    (httpx.WriteTimeout(""), ServiceFailed, "in time"),
    (httpx.ReadError(""), ServiceFailed, "ReadError"),
    (httpx.WriteError("[Errno 32] Broken pipe"), ServiceFailed, "Broken pipe"),
    (httpx.CloseError(""), ServiceFailed, "CloseError"),
    (httpx.RemoteProtocolError("Server disconnected"), ServiceFailed, "disconnected"),
    (httpx.LocalProtocolError("Invalid state"), ServiceFailed, "Invalid state"),
    (httpx.DecodingError("bad gzip"), ServiceFailed, "gzip"),
]


@pytest.mark.parametrize(("fault", "kind", "words"), TRANSPORT)
def test_each_fault_of_the_network(fault: httpx.HTTPError, kind: type[WorkosError], words: str) -> None:
    api = FakeApi(fault)
    error = create(api)
    assert type(error) is kind
    assert words in error.message
    assert "api.example.com" in error.message
    assert error.status is None
    (attempt,) = api.attempts
    assert attempt is error.attempt
    assert attempt.status is None
    assert words in attempt.error
    assert "ada@example.com" in attempt.request_body


class TestAttempts:
    def test_a_success_keeps_no_bodies(self) -> None:
        api = FakeApi(httpx.Response(201, json=USER, headers={"X-Request-ID": "req_1"}))
        before = datetime.now(UTC)
        api.ask(lambda c: c.create_user({"email": "ada@example.com"}))
        (attempt,) = api.attempts
        assert (attempt.call, attempt.method, attempt.path) == ("create_user", "POST", "/user_management/users")
        assert (attempt.status, attempt.code, attempt.error, attempt.request_id) == (201, "", "", "req_1")
        assert (attempt.request_body, attempt.response_body) == ("", "")
        assert before <= attempt.started <= datetime.now(UTC)
        assert attempt.seconds >= 0
        assert attempt.waited >= 0

    def test_a_failure_keeps_masked_bodies(self) -> None:
        body = {"message": f"Password {PASSWORD} is too weak", "code": "password_strength_error", "password": PASSWORD}
        api = FakeApi((400, body))
        error = create(api)
        (attempt,) = api.attempts
        assert error.attempt is attempt
        assert attempt.code == "password_strength_error"
        assert attempt.error == f"Password {MASK} is too weak"
        assert attempt.request_body == f'{{"email": "ada@example.com", "password": "{MASK}"}}'
        assert attempt.response_body == (
            f'{{"message": "Password {MASK} is too weak", "code": "password_strength_error", "password": "{MASK}"}}'
        )

    def test_a_secret_is_masked_before_a_text_is_cut(self) -> None:
        error = create(FakeApi((400, {"message": "x" * 490 + PASSWORD, "code": "user_creation_error"})))
        assert PASSWORD[:8] not in str(error)

    def test_a_secret_that_looks_like_a_code_hides_no_code(self) -> None:
        api = FakeApi((400, {"message": "The user", "code": "user_creation_error", "errors": [{"code": "user_x"}]}))
        with pytest.raises(Refused) as caught:
            api.ask(lambda c: c.create_user({}, {"password": Secret("user")}))
        assert caught.value.codes == ("user_creation_error", "user_x")
        assert caught.value.text == f"The {MASK}: user_x"

    def test_bodies_are_cut_at_4_kib(self) -> None:
        api = FakeApi(httpx.Response(500, text="☃" * 100_000))
        with pytest.raises(ServiceFailed):
            api.ask(lambda c: c.create_user({"email": "é" * 100_000}))
        assert 4_000 < len(api.attempts[0].request_body.encode()) <= 4_096
        assert 4_000 < len(api.attempts[0].response_body.encode()) <= 4_096

    def test_no_query_of_a_person(self) -> None:
        api = FakeApi((200, listing()))
        api.ask(lambda c: c.list_users(email="ada@example.com"))
        assert api.attempts[0].path == f"/user_management/users?email={MASK}"

    def test_an_unreadable_success_is_a_failed_attempt(self) -> None:
        api = FakeApi(httpx.Response(201, text="<html>welcome</html>"))
        error = create(api)
        assert isinstance(error, ServiceFailed)
        (attempt,) = api.attempts
        assert attempt.status == 201
        assert attempt.error == "the answer is not JSON"
        assert "welcome" in attempt.response_body

    def test_a_cancelled_wait_sends_nothing_and_is_no_attempt(self) -> None:
        stop = threading.Event()
        stop.set()
        api = FakeApi((200, ORGANIZATION))
        with api.connection.client(stop) as client, pytest.raises(Cancelled):
            client.get_organization("org_1")
        assert not api.requests
        assert not api.attempts

    @given(st.integers(min_value=300, max_value=599), st.binary(max_size=200), st.text(max_size=20))
    def test_every_request_is_one_storable_attempt(self, status: int, content: bytes, email: str) -> None:
        api = FakeApi(httpx.Response(status, content=content))
        with pytest.raises(WorkosError):
            api.ask(lambda c: c.create_user({"email": email}))
        (attempt,) = api.attempts
        for text in (attempt.path, attempt.code, attempt.error, attempt.request_body, attempt.response_body):
            text.encode("utf-8")


class TestLimiter:
    @pytest.mark.parametrize(
        ("headers", "expected"),
        [
            ({"Retry-After": "7"}, 7.0),
            ({"Retry-After": "1.5"}, 1.5),
            ({"Retry-After": "Sun, 06 Nov 1994 08:49:57 GMT", "Date": "Sun, 06 Nov 1994 08:49:37 GMT"}, 20.0),
            ({"Retry-After": "86400"}, 86_400.0),
            ({"Retry-After": "soon"}, None),
            ({}, None),
        ],
    )
    def test_a_429_pauses_everybody(self, headers: dict[str, str], expected: float | None) -> None:
        limiter = RateLimiter()
        body = {"message": "Too many requests.", "code": "rate_limit_exceeded"}
        api = FakeApi(httpx.Response(429, json=body, headers=headers), limiter=limiter)
        error = create(api)
        assert isinstance(error, RateLimited)
        assert error.retry_after == expected
        assert limiter.paused_for == pytest.approx(min(300.0, (1.0 if expected is None else expected) + 0.1), abs=1.0)
        assert limiter.asked_for == pytest.approx(expected or 0.0, abs=1.0)
        assert error.codes == ("rate_limit_exceeded",)
        assert api.attempts == [error.attempt]

    def test_other_answers_pause_nobody(self) -> None:
        limiter = RateLimiter()
        for status in (200, 400, 401, 404, 500, 503):
            api = FakeApi((status, {"message": "x"}), limiter=limiter)
            create(api)
        assert limiter.paused_for == 0.0

    def test_the_wait_is_in_the_attempt_and_not_in_its_seconds(self) -> None:
        limiter = RateLimiter(writes_per_10s=0, clock=StepClock())
        limiter.throttled(299.9)
        api = FakeApi((201, USER), limiter=limiter)
        api.ask(lambda c: c.create_user({"email": "ada@example.com"}))
        (attempt,) = api.attempts
        assert attempt.waited == pytest.approx(300.0)
        assert attempt.seconds < 300.0


class TestServerClock:
    def test_every_answer_sets_it(self) -> None:
        for status in (200, 404, 429, 500):
            api = FakeApi(httpx.Response(status, json=ORGANIZATION, headers={"Date": "Sun, 06 Nov 1994 08:49:37 GMT"}))
            assert api.connection.server_clock.now() is None
            try:
                api.ask(lambda c: c.get_organization("org_1"))
            except WorkosError as error:
                assert error.status == status  # noqa: PT017 - the point is the clock
            now = api.connection.server_clock.now()
            assert now is not None
            assert now - datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC) < timedelta(seconds=60)


class TestSecrets:
    """The key and the password are in no message, representation, traceback or log."""

    @pytest.mark.parametrize(
        "answer",
        [
            (401, {"message": f"Unknown key {KEY}", "key": KEY}),
            (400, {"message": PASSWORD, "errors": [PASSWORD, {"message": KEY, "code": "x"}]}),
            httpx.Response(502, text=f"<title>{KEY}</title><p>{PASSWORD}</p>"),
            (201, {"id": 17, "password": PASSWORD}),
            (429, {"message": f"{KEY} is too fast"}),
            httpx.ConnectError("refused"),
            httpx.ReadTimeout("timed out"),
        ],
    )
    def test_they_do_not_leak(
        self, answer: tuple[int, object] | httpx.Response | Exception, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        api = FakeApi(answer)
        error = create(api)
        report = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
        kept = [report, repr(error), str(error), error.text, repr(api.attempts), caplog.text]
        kept += [repr(api.connection), repr(vars(api.connection)), repr(api.requests), repr(api.requests[0].headers)]
        for text in kept:
            assert KEY not in text
            assert PASSWORD not in text
            assert "battery" not in text

    def test_httpx_logs_no_addresses(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        FakeApi((200, listing())).ask(lambda c: c.list_users(email="ada@example.com"))
        assert "ada" not in caplog.text

    def test_a_secret_cannot_be_pickled_along(self) -> None:
        with pytest.raises(TypeError, match="not written"):
            pickle.dumps(FakeApi((200, {})).connection.key)
