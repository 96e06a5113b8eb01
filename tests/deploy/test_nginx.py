"""The proxy: deploy/nginx.conf in a real nginx before the real web server."""

import shutil
import ssl
from contextlib import suppress

import pytest
import requests

from tests.config.served import post, serving
from tools.proxy import Proxy, certificate

NGINX = shutil.which("nginx")
pytestmark = [
    pytest.mark.skipif(NGINX is None, reason="nginx is not on this machine"),
    pytest.mark.filterwarnings("ignore:Unverified HTTPS"),
]


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def proxy(transactional_db, tmp_path, pair):
    """Our proxy before our server, which believes what is said of https."""
    with (
        serving(tmp_path, ALLOWED_HOSTS="scans.example,127.0.0.1") as served,
        Proxy(NGINX, tmp_path, served.url, pair, client_body_timeout="1s",
              client_header_timeout="1s") as proxy,
    ):  # fmt: skip
        proxy.served = served
        yield proxy


def ask(proxy, path, **how):
    headers = {"Host": "scans.example", **how.pop("headers", {})}
    return requests.get(
        f"https://127.0.0.1:{proxy.port}{path}", headers=headers, verify=False,
        allow_redirects=False, timeout=60, **how,
    )  # fmt: skip


def test_the_proxy_stands_before_the_service(proxy):
    assert ask(proxy, "/healthz").text == "ok"
    plain = requests.get(
        f"http://127.0.0.1:{proxy.plain_port}/code/?x=1", headers={"Host": "scans.example"},
        allow_redirects=False, timeout=60,
    )  # fmt: skip
    there = "https://scans.example/code/?x=1"
    assert (plain.status_code, plain.headers["Location"]) == (308, there)
    for closed in ("/metrics", "/readyz", "/readyz?of=web"):
        assert ask(proxy, closed).status_code == 404, "for who runs it, not for everybody"
    for program in ("/fhir/R4/Slot", "/oauth2/token", "/api/v1/places", "/sms/twilio/inbound/"):
        refused = requests.get(
            f"http://127.0.0.1:{proxy.plain_port}{program}", headers={"Host": "scans.example"},
            allow_redirects=False, timeout=60,
        )  # fmt: skip
        assert (refused.status_code, "https" in refused.json()["error"]) == (403, True)
    packed = ask(proxy, "/api/schema/?format=json", headers={"Accept-Encoding": "gzip"})
    assert packed.headers.get("Content-Encoding") == "gzip"

    # Who sends slowly waits before the proxy, and the service hears nothing of it.
    sockets = [proxy.open() for _ in range(64)]
    for one in sockets:
        one.sendall(post(1000, b"code=").replace(b"localhost", b"scans.example"))
    assert ask(proxy, "/healthz").status_code == 200
    assert b" 200 " not in said_by(sockets[0]), "it is let go"
    for one in sockets:
        one.close()

    # Nor does who sends too much, or headers without an end.
    with proxy.open() as one:
        one.sendall(post(33 * 1024 * 1024).replace(b"localhost", b"scans.example"))
        assert b" 413 " in said_by(one)
    with proxy.open() as one:
        one.sendall(post(33 * 1024 * 1024, path="/fhir/R4/Slot").replace(b"localhost", b"a"))
        assert b" 413 " not in said_by(one), "trusts may send more"
    with proxy.open() as one:
        one.sendall(b"GET / HTTP/1.1\r\nHost: scans")
        assert b" 200 " not in said_by(one), "it is let go"


def test_every_answer_says_how_it_may_be_used_and_says_it_once(proxy):
    """Pages, files, probes, what nginx answers by itself, and what it says while we are down."""
    big = {"Content-Length": str(33 * 1024 * 1024)}
    answers = [
        *(ask(proxy, path) for path in ("/", "/healthz", "/metrics", "/no/such", "/fhir/R4/x")),
        ask(proxy, "/static/choose.js"), ask(proxy, "/", headers=big),
    ]  # fmt: skip
    proxy.served.kill()
    answers.append(ask(proxy, "/"))

    assert {one.status_code for one in answers} >= {200, 404, 413, 502}
    for one in answers:
        said = one.raw.headers
        about = (one.url, one.status_code)
        assert len(said.getlist("Strict-Transport-Security")) == 1, about
        assert said.getlist("X-Content-Type-Options") == ["nosniff"], about
        (policy,) = said.getlist("Content-Security-Policy")
        assert "frame-ancestors 'none'" in policy, about


def said_by(one):
    """What comes until the other side closes, with or without a word."""
    said = b""
    with suppress(ConnectionResetError, ssl.SSLError):
        while piece := one.recv(4096):
            said += piece
    return said


def test_nothing_that_leads_to_a_patient_is_in_its_log(proxy):
    ask(proxy, "/a/7KQ49CRB")
    ask(proxy, "/code/?q=7KQ49CRB")
    proxy.served.kill()
    assert ask(proxy, "/a/7KQ49CRB").status_code in (502, 504)

    for name in ("access", "errors", "log"):
        said = (proxy.folder / name).read_text() if (proxy.folder / name).exists() else ""
        assert "7KQ49CRB" not in said, name
    assert "GET 502" in (proxy.folder / "access").read_text()


def test_what_a_browser_says_of_itself_is_replaced(tmp_path, pair):
    """Asked of a server that writes down what it was sent."""
    from tests.loopback import ScriptedServer

    with (
        ScriptedServer((200, b"ok")) as behind,
        Proxy(NGINX, tmp_path, behind.url, pair) as proxy,
    ):
        ask(
            proxy, "/",
            headers={
                "X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "http",
                "X-Forwarded-Host": "evil.example", "Forwarded": "for=192.0.2.7",
                "X-Client-Cert-Sha256": "00", "X_Forwarded_For": "192.0.2.7",
            },
        )  # fmt: skip
        (call,) = behind.calls

    assert call.headers["Host"] == "scans.example"
    assert call.headers["X-Forwarded-For"] == "127.0.0.1"
    assert call.headers["X-Forwarded-Proto"] == "https"
    dropped = {"forwarded", "x-forwarded-host", "x-client-cert-sha256", "x_forwarded_for"}
    assert {name.lower() for name in call.headers} & dropped == set()
