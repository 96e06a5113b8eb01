"""The rule for calls to trusts' servers that both the pulls and the webhooks stand on."""

import socket
import threading
import time
from contextlib import suppress

import pytest

from booking.exchange import safe_http
from tests.loopback import DRIP, HANG, ScriptedServer


@pytest.fixture
def drips_its_handshake():
    """A server that begins a TLS record of 16 KB and sends it a byte at a time."""
    over = threading.Event()

    def serve():
        with suppress(OSError), listening.accept()[0] as caller:
            caller.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")
            while not over.wait(0.02):
                caller.sendall(b"\x00")

    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve)
    thread.start()
    yield listening.getsockname()[1]
    over.set()
    listening.shutdown(socket.SHUT_RDWR)  # on a slow machine nobody may have called in time
    thread.join()
    listening.close()


def test_a_server_that_drips_its_tls_handshake_is_cut_off_at_the_deadline(drips_its_handshake):
    parts = safe_http.check_url(f"https://127.0.0.1:{drips_its_handshake}/", private=True)
    deadline = time.monotonic() + 0.3

    with (
        pytest.raises(TimeoutError),
        safe_http.open_connection(parts, private=True, step=60, deadline=deadline),
    ):
        pytest.fail("nobody may get as far as a request")


def test_a_name_that_no_resolver_can_read_is_not_called():
    parts = safe_http.check_url("https://a..b/", private=False)
    soon = time.monotonic() + 5

    with (
        pytest.raises(safe_http.NotAllowed),
        safe_http.open_connection(parts, private=False, step=1, deadline=soon),
    ):
        pytest.fail("nobody may get as far as a request")


def ask(url, *, closed_before=False, seconds=5):
    """Ask a server of this machine for a page; return the status."""
    parts = safe_http.check_url(url, private=True)
    deadline = time.monotonic() + seconds
    with safe_http.open_connection(parts, private=True, step=60, deadline=deadline) as connection:
        if closed_before:
            connection.close()
        connection.request("POST", "/", b"", preload_content=False)
        return connection.getresponse().status


def test_an_answer_that_is_not_http_is_an_os_error():
    def answer():
        with listening.accept()[0] as caller:
            caller.recv(1000)
            caller.sendall(b"220 mail.example ready\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(OSError, match="220 mail"):
            ask(f"http://127.0.0.1:{listening.getsockname()[1]}/")
        thread.join()


def test_a_connection_is_never_opened_a_second_time():
    """A new one would be to an address that nobody has looked at."""
    with ScriptedServer(204) as receiver, pytest.raises(OSError, match="descriptor"):
        ask(receiver.url, closed_before=True)
    assert receiver.calls == []


@pytest.mark.parametrize("answer", [HANG, DRIP])
def test_an_answer_that_is_not_over_at_the_deadline_is_cut_off(answer):
    with ScriptedServer(answer) as receiver, pytest.raises(TimeoutError):
        ask(receiver.url, seconds=0.3)
