"""Who sends slowly, or nothing, or reads nothing, keeps nobody else from the service."""

import os
import signal
import socket
import subprocess
import sys

import pytest

from tests.booking.conftest import (  # noqa: F401 - fixtures
    furness,
    jane,
    make_referral,
    make_site,
    now,
    trust,
)
from tests.config.served import ROOT, answer_of, free_port, many, post, serving

LARGE = 8 * 1024 * 1024
"""Bytes: more than the sockets of both sides hold."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where static files were collected, and a large one lies."""
    folder = tmp_path_factory.mktemp("served")
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"]
    subprocess.run(collect, cwd=ROOT, env={**os.environ, "VAR_DIR": str(folder)}, check=True)
    (folder / "static" / "large.0123456789ab.bin").write_bytes(os.urandom(LARGE))
    return folder


@pytest.fixture
def served(transactional_db, folder, jane):  # noqa: F811
    """A server that would wait ten minutes for each body: nothing is helped by their end."""
    with serving(folder, BODY_SECONDS="600") as served:
        yield served


@pytest.fixture
def strict(transactional_db, folder):
    """A server that waits a second, and takes a hundred thousand bytes."""
    with serving(folder, BODY_SECONDS="1", BODY_MAX_BYTES="100000") as served:
        yield served


def patients_page(served):
    return served.get("/a/7KQ49CRB")


def test_idle_sockets_stop_nobody(served):
    assert "date of birth" in patients_page(served).text
    for what, sent, count in (
        ("five bytes of a form, then silence", post(1000, b"code="), 8),
        ("the same, many more", post(1000, b"code="), 64),
        ("a large import that does not come", post(1_000_000, b"{", "/fhir/R4/$import"), 64),
        ("a chunked body without an end", post(None, b"5\r\ncode=\r\n"), 64),
        ("half of the headers", b"GET / HTTP/1.1\r\nHost: loc", 64),
        ("nothing at all", b"", 64),
        ("a page, and then nothing", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 200),
    ):
        with many(served, count, sent):
            page = patients_page(served)
            assert (page.status_code, "date of birth" in page.text) == (200, True), what


def test_who_does_not_read_keeps_no_thread(served):
    path = "/static/large.0123456789ab.bin"
    ask = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()

    with many(served, 16, ask, window=4096) as sockets:
        for one in sockets:
            assert one.recv(8) == b"HTTP/1.1"
        assert patients_page(served).status_code == 200
        assert len(served.get(path).content) == LARGE, "and who reads gets all of it"


def test_a_body_that_does_not_come_or_is_too_long_is_refused_in_words(strict):
    with strict.open(post(1000, b"code=")) as one:
        status, said = answer_of(one)
    assert (status, b"did not come in time" in said, b"<h1" in said) == (408, True, True)
    with strict.open(post(100_001, b"code=")) as one:
        status, said = answer_of(one)
    assert (status, b"is too large" in said) == (413, True)
    with strict.open(post(10**30, b"code=")) as one:
        assert answer_of(one)[0] in (400, 413), "a length that no number holds"
    with strict.open(post(1000, b"{", "/fhir/R4/Appointment")) as one:
        status, said = answer_of(one)
    assert (status, b'"OperationOutcome"' in said) == (408, True)
    with strict.open(post(None)) as one:
        for _ in range(7):
            one.sendall(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
        status, said = answer_of(one)
    assert (status, b"is too large" in said) == (413, True)


def test_what_is_whole_arrives_whole(strict):
    """However it comes: by its length, in chunks, in pieces; and headers are as they were sent."""
    body = b"code=" + b"x" * 50_000
    whole = post(len(body), body).replace(b"HTTP/1.1", b"HTTP/1.1\r\nConnection: close", 1)
    chunk = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    chunks = post(None, chunk).replace(b"HTTP/1.1", b"HTTP/1.1\r\nConnection: close", 1)

    for sent in (whole, chunks):
        with strict.open() as one:
            for at in range(0, len(sent), 10_000):
                one.sendall(sent[at : at + 10_000])
            assert answer_of(one)[0] == 403, "no token: the form was read"


def test_a_request_at_work_is_ended_before_the_server_goes(served):
    first = post(10, b"code=").replace(b"HTTP/1.1", b"HTTP/1.1\r\nConnection: close", 1)
    with served.open(first) as one, served.open() as other:
        assert patients_page(served).status_code == 200, "the first has come by now"
        served.process.send_signal(signal.SIGTERM)
        _wait_until_closed(served)
        one.sendall(b"7KQ49")
        assert answer_of(one)[0] == 403
        other.close()
        assert served.process.wait(60) == 0


def _wait_until_closed(served):
    """Wait until nobody listens: who knocks just as the socket goes is reset, and knocks again."""
    while True:
        try:
            served.open().close()
        except ConnectionResetError:
            continue
        except ConnectionRefusedError:
            return


def test_a_port_that_was_taken_in_the_same_moment_is_not_insisted_on(
    transactional_db, folder, monkeypatch
):
    with socket.socket() as others:
        others.bind(("127.0.0.1", 0))
        others.listen()
        ports = [others.getsockname()[1], free_port()]
        monkeypatch.setattr("tests.config.served.free_port", lambda: ports.pop(0))

        with serving(folder) as served:
            assert served.is_up()
