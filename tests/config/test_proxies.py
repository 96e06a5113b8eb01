"""The address and the scheme that every part of the service goes by."""

from ipaddress import ip_network

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse

from config.environment import networks
from config.proxies import believe_own_proxies
from received.client import client_address

PROXY = "10.0.0.5"


@pytest.fixture
def seen(rf, settings):
    """Return the address, whether it came by https, and the certificate, as views see them."""
    settings.TRUSTED_PROXIES = [ip_network(PROXY)]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.CLIENT_CERTIFICATE_HEADER = "X-Cert"

    def seen(peer, **headers):
        found = []

        def view(request):
            found.extend(
                [client_address(request), request.is_secure(), request.headers.get("X-Cert")]
            )
            return HttpResponse()

        believe_own_proxies(view)(rf.get("/", headers=headers, REMOTE_ADDR=peer))
        return tuple(found)

    return seen


def test_a_proxy_of_ours_says_who_it_is_and_how(seen):
    said = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https", "X-Cert": "ab"}

    assert seen(PROXY, **said) == ("192.0.2.7", True, "ab")
    assert seen(PROXY, **{**said, "X-Forwarded-Proto": "http"}) == ("192.0.2.7", False, "ab")
    assert seen(PROXY) == (PROXY, False, None)


def test_nobody_else_is_believed(seen):
    said = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https", "X-Cert": "ab"}

    assert seen("198.51.100.1", **said) == ("198.51.100.1", False, None)


def test_everything_that_asks_who_it_is_goes_by_it(client, db, settings):
    """Limits: a stranger who makes up an address each time is still one address."""
    settings.TRUSTED_PROXIES, settings.OPEN_CALLS_A_MINUTE = [], 2
    answers = [
        client.get("/api/v1/places", headers={"X-Forwarded-For": f"192.0.2.{n}"}).status_code
        for n in range(4)
    ]
    assert answers[2:] == [429, 429]
    settings.TRUSTED_PROXIES = [ip_network("127.0.0.1")]
    behind = [
        client.get("/api/v1/places", headers={"X-Forwarded-For": f"192.0.2.{n}"}).status_code
        for n in range(4)
    ]
    assert 429 not in behind


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("", []),
        ("none", []),
        ("None", []),
        ("10.0.0.5, 10.1.0.0/24,fd00::1", ["10.0.0.5/32", "10.1.0.0/24", "fd00::1/128"]),
    ],
)
def test_the_setting_is_addresses_and_networks(monkeypatch, value, found):
    monkeypatch.setenv("TRUSTED_PROXIES", value)

    assert list(map(str, networks("TRUSTED_PROXIES"))) == found


@pytest.mark.parametrize(
    "value", ["proxy", "10.0.0.5/8", "0.0.0.0/0", "::/0", "none,10.0.0.5", "*"]
)
def test_what_is_no_network_or_is_all_of_them_is_refused(monkeypatch, value):
    monkeypatch.setenv("TRUSTED_PROXIES", value)

    with pytest.raises(ImproperlyConfigured, match="TRUSTED_PROXIES must be like"):
        networks("TRUSTED_PROXIES")
