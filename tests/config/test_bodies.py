"""How a request is read and an answer is sent, without a server."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from types import SimpleNamespace

import pytest

from config import bodies
from config.bodies import Gone, Limits, NoRoom, TooLong, TooSlow
from config.bridge import NOT_READ, Bridge, environ_of

CHUNKED = [(b"transfer-encoding", b"chunked")]


def limits(**changes):
    usual = {"seconds": 60, "small": 100, "large": 1000, "large_at": ("/fhir/",)}
    return Limits(**{**usual, **changes})


def receiving(*messages):
    """An ASGI server's `receive`: these, and then silence."""
    left = list(messages)

    async def receive():
        if not left:
            await asyncio.Event().wait()
        return left.pop(0)

    return receive


def piece(body, more=True):
    return {"type": "http.request", "body": body, "more_body": more}


def run(coroutine):
    """Run it in a thread of its own: the browser of other tests has a loop in this one."""
    with ThreadPoolExecutor(1) as one:
        return one.submit(asyncio.run, coroutine).result()


def read(*messages, headers=CHUNKED, path="/code/", within=None):
    within = within or limits()
    body = run(bodies.read(receiving(*messages), headers, path, within))
    said = body.file.read()
    body.close()
    return said


def test_pieces_are_one_body():
    assert read(piece(b"ab"), piece(b""), piece(b"cd", more=False)) == b"abcd"
    assert read(headers=[(b"content-length", b"0")]) == b"", "nothing is waited for"
    assert read(headers=[]) == b""


@pytest.mark.parametrize(
    ("path", "length", "fits"),
    [
        ("/code/", 100, True),
        ("/code/", 101, False),
        ("/fhir/R4", 1000, True),
        ("/fhir/R4", 1001, False),
    ],
)
def test_each_address_takes_so_much(path, length, fits):
    says = [(b"content-length", str(length).encode())]
    for headers in (says, CHUNKED):
        within = limits()
        if fits:
            assert len(read(piece(b"x" * length, more=False), headers=headers, path=path)) == length
            continue
        with pytest.raises(TooLong):
            read(piece(b"x" * length, more=False), headers=headers, path=path, within=within)
        assert within.held == 0


@pytest.mark.parametrize("length", [b"9" * 40, b"-1", b"1e3", b"\xb2"])
def test_a_length_that_is_no_number_is_refused(length):
    with pytest.raises(TooLong):
        read(headers=[(b"content-length", length)])


def test_all_bodies_together_have_so_much_room():
    within = limits(large=100)
    held = [bodies.Body(within), bodies.Body(within)]
    held[0].add(b"x" * 100, 100)
    held[1].add(b"x" * 50, 100)
    with pytest.raises(NoRoom):
        read(piece(b"x" * 51, more=False), path="/fhir/", within=within)
    assert within.held == 150, "of what was refused nothing is kept"
    for one in held:
        one.close()
    assert within.held == 0
    assert len(read(piece(b"x" * 51, more=False), path="/fhir/", within=within)) == 51


def test_a_full_disk_is_no_room_and_no_fault(monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    within = limits()
    body = bodies.Body(within)
    body.file = SimpleNamespace(write=full, close=lambda: None)
    with pytest.raises(NoRoom):
        body.add(b"x", 10)


def test_who_breaks_off_is_gone():
    with pytest.raises(Gone):
        read(piece(b"ab"), {"type": "http.disconnect"})


def test_silence_ends_and_nothing_is_kept():
    within = limits(seconds=0)
    with pytest.raises(TooSlow):
        read(piece(b"ab"), within=within)
    assert within.held == 0


def test_a_trickle_ends_too(monkeypatch):
    """A byte a second never is silent for long; it is too slow on the whole."""
    seconds = count()
    clock = SimpleNamespace(time=lambda: float(next(seconds)))
    monkeypatch.setattr(bodies.asyncio, "get_running_loop", lambda: clock)
    with pytest.raises(TooSlow):
        read(*[piece(b"x")] * 99, within=limits(seconds=20))
    quick = [piece(b"x" * bodies.SLOWEST)] * 99
    large = limits(seconds=20, small=10**7, large=10**7)
    assert len(read(*quick, piece(b"", more=False), within=large)) == 99 * bodies.SLOWEST


def scope(**changes):
    said = {
        "type": "http", "method": "POST", "raw_path": b"/code/%C3%A4%FF", "path": "/code/",
        "query_string": b"a=%20", "http_version": "1.1", "scheme": "http",
        "server": ("127.0.0.1", 8000), "client": ("192.0.2.7", 4711), "headers": [],
    }  # fmt: skip
    return {**said, **changes}


def test_a_request_is_as_wsgi_has_it():
    headers = [
        (b"host", b"scans.example"), (b"cookie", b"a=1"), (b"cookie", b"b=2"),
        (b"x-forwarded-for", b"192.0.2.1"), (b"x-forwarded-for", b"192.0.2.2"),
        (b"x_forwarded_for", b"198.51.100.9"), (b"content-length", b"3"),
        (b"content-type", b"text/plain"),
    ]  # fmt: skip
    environ = environ_of(scope(headers=headers))

    assert environ["PATH_INFO"] == b"/code/\xc3\xa4\xff".decode("latin-1")
    assert environ["HTTP_COOKIE"] == "a=1; b=2"
    assert environ["HTTP_X_FORWARDED_FOR"] == "192.0.2.1,192.0.2.2", "no underscore passes for it"
    assert (environ["CONTENT_LENGTH"], environ["CONTENT_TYPE"]) == ("3", "text/plain")
    assert "HTTP_CONTENT_LENGTH" not in environ
    assert (environ["REMOTE_ADDR"], environ["SERVER_PORT"]) == ("192.0.2.7", "8000")
    assert environ["QUERY_STRING"] == "a=%20"


class Parts:
    """What an application answers, and whether the server closed it."""

    closed = False

    def __init__(self, *parts):
        self.parts = parts

    def __iter__(self):
        return iter(self.parts)

    def close(self):
        self.closed = True


def ask(wsgi, *messages, headers=(), within=None, send=None):
    sent = []

    async def keep(message):
        sent.append(message)

    within = within or limits()
    bridge = Bridge(wsgi, threads=1, limits=within)
    said = scope(headers=[(b"host", b"x"), *headers])
    run(bridge(said, receiving(*messages), send or keep))
    assert within.held == 0, "nothing is kept of what was read"
    return sent


def test_an_answer_is_sent_in_pieces_and_closed():
    parts, seen = Parts(b"x" * 70_000, b"y" * 70_000), []

    def wsgi(environ, start):
        seen.append((environ["wsgi.input"].read(), environ.get(NOT_READ)))
        start("201 Created", [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        return parts

    begin, *rest = ask(wsgi, piece(b"ab", more=False), headers=CHUNKED)

    assert begin["status"] == 201
    assert begin["headers"] == [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]
    assert b"".join(part["body"] for part in rest) == b"x" * 70_000 + b"y" * 70_000
    assert [part["more_body"] for part in rest] == [True] * (len(rest) - 1) + [False]
    assert (parts.closed, seen) == (True, [(b"ab", None)])


def test_an_application_that_fails_closes_its_answer():
    class Fails(Parts):
        def __iter__(self):
            raise RuntimeError

    parts = Fails()
    with pytest.raises(RuntimeError):
        ask(lambda environ, start: parts)
    assert parts.closed


def test_what_is_not_read_is_marked_and_its_connection_ends():
    seen = []

    def wsgi(environ, start):
        seen.append((environ[NOT_READ], environ["wsgi.input"].read()))
        start("408 Request Timeout", [])
        return [b"late"]

    begin, _ = ask(wsgi, piece(b"ab"), headers=CHUNKED, within=limits(seconds=0.01))

    assert seen == [(408, b"")]
    assert (b"connection", b"close") in begin["headers"]


def test_who_is_gone_is_not_answered_and_nothing_is_done():
    assert ask(lambda *_: pytest.fail("asked"), {"type": "http.disconnect"}, headers=CHUNKED) == []


def test_an_answer_that_nobody_takes_is_given_up():
    async def stuck(message):
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    def wsgi(environ, start):
        start("200 OK", [])
        return [b"x" * 200_000]

    assert ask(wsgi, within=limits(seconds=0.01), send=stuck) == []
