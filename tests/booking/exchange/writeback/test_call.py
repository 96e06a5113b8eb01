"""The one POST: who is believed over TLS, and what is never followed."""

import socket
import ssl
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from booking.exchange.writeback import call
from tests.loopback import ScriptedServer


@pytest.fixture(autouse=True)
def _loopback_is_allowed(settings):
    settings.FEEDS_MAY_BE_PRIVATE = True


def certificate(folder, name):
    """Write a key and a certificate of its own for one host name; return both paths."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "key.pem", folder / "certificate.pem"
    paths[0].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    paths[1].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return paths


@pytest.fixture
def over_tls(tmp_path, monkeypatch):
    """Run a receiver over TLS with a certificate for `name`, believed or not."""

    def over_tls(name, *, believed):
        key, certified = certificate(tmp_path, name)
        server = ScriptedServer(204)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certified, key)
        server.asked_for = []
        context.sni_callback = lambda _, name, __: server.asked_for.append(name)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        if believed:
            monkeypatch.setenv("SSL_CERT_FILE", str(certified))
        return running.enter_context(server)

    with ExitStack() as running:
        yield over_tls


def test_a_receiver_with_a_right_certificate_is_called_by_its_name(over_tls):
    server = over_tls("localhost", believed=True)

    assert call.post(f"https://localhost:{server.server_port}/x", b"{}", {}) == 204
    ((path, headers, body),) = server.calls
    assert (path, headers["Host"], body) == ("/x", f"localhost:{server.server_port}", b"{}")


def test_the_address_is_looked_up_once_and_all_else_goes_by_the_name(over_tls, monkeypatch):
    """The second answer of the resolver would lead elsewhere: nobody asks for it."""
    server = over_tls("ris.example", believed=True)
    answers = iter(["127.0.0.1"])

    def resolve(host, port, *_, **__):
        address = next(answers) if host == "ris.example" else host
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    assert call.post(f"https://ris.example:{server.server_port}/x", b"{}", {}) == 204
    ((_, headers, _),) = server.calls
    assert headers["Host"] == f"ris.example:{server.server_port}"
    assert server.asked_for == ["ris.example"]


@pytest.mark.parametrize("name", ["http_proxy", "https_proxy", "all_proxy"])
def test_no_proxy_of_the_environment_comes_between(over_tls, monkeypatch, name):
    monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv(name.upper(), "http://127.0.0.1:1")
    with ScriptedServer(204) as receiver:
        assert call.post(receiver.url, b"{}", {}) == 204
    secure = over_tls("localhost", believed=True)
    assert call.post(f"https://localhost:{secure.server_port}/", b"{}", {}) == 204


@pytest.mark.parametrize(
    ("name", "believed"), [("localhost", False), ("other.example", True)], ids=["unknown", "name"]
)
def test_a_wrong_certificate_is_told_nothing(over_tls, name, believed):
    server = over_tls(name, believed=believed)

    with pytest.raises(call.NotReached, match="cannot connect"):
        call.post(f"https://localhost:{server.server_port}/", b"secret", {})
    assert server.calls == []


def test_a_redirect_is_a_status_and_is_not_followed():
    with ScriptedServer(307) as receiver:
        assert call.post(receiver.url, b"{}", {}) == 307
        assert len(receiver.calls) == 1


def test_a_name_that_does_not_exist_is_not_reached():
    with pytest.raises(call.NotReached):
        call.post("http://nobody.invalid/", b"{}", {})
