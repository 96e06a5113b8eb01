"""Whom a request is from: only proxies of ours are believed."""

from ipaddress import ip_network

import pytest

from received.client import Client, network_of, who_sent

OURS = [ip_network("10.0.0.5"), ip_network("10.1.0.0/24"), ip_network("fd00::/8")]
CASES = [
    # nobody between: what is said is not believed
    ("192.0.2.7", None, None, Client("192.0.2.7", "", False)),
    ("192.0.2.7", "198.51.100.1", "https", Client("192.0.2.7", "", False)),
    ("", "198.51.100.1", "https", Client("", "", False)),
    ("10.2.0.1", "198.51.100.1", "https", Client("10.2.0.1", "", False)),
    # one proxy
    ("10.0.0.5", "198.51.100.1", "https", Client("198.51.100.1", "https", True)),
    ("10.0.0.5", "198.51.100.1", "HTTP", Client("198.51.100.1", "http", True)),
    ("::ffff:10.0.0.5", "198.51.100.1", None, Client("198.51.100.1", "", True)),
    ("fd00::1", "2001:db8::1", "https", Client("2001:db8::1", "https", True)),
    # what the client said of itself stands left of what the proxy wrote
    ("10.0.0.5", "10.0.0.5,127.0.0.1,198.51.100.1", "https", Client("198.51.100.1", "https", True)),
    ("10.0.0.5", "1.1.1.1,198.51.100.1", "https, http", Client("198.51.100.1", "http", True)),
    # a row of proxies
    ("10.0.0.5", "1.1.1.1, 198.51.100.1, 10.1.0.9", "https", Client("198.51.100.1", "https", True)),
    ("10.0.0.5", "198.51.100.1, 10.1.0.9", "https, http", Client("198.51.100.1", "https", True)),
    ("10.0.0.5", "198.51.100.1, 10.9.0.9", "https", Client("10.9.0.9", "https", True)),
    # as some write it
    ("10.0.0.5", "198.51.100.1:49152", "https", Client("198.51.100.1", "https", True)),
    ("10.0.0.5", "[2001:db8::1]:49152", "https", Client("2001:db8::1", "https", True)),
    ("10.0.0.5", "::ffff:198.51.100.1", "https", Client("198.51.100.1", "https", True)),
    # nothing that can be read: the last that is known
    ("10.0.0.5", None, None, Client("10.0.0.5", "", True)),
    ("10.0.0.5", " , ", "", Client("10.0.0.5", "", True)),
    ("10.0.0.5", "198.51.100.1, unknown", "https", Client("10.0.0.5", "https", True)),
    ("10.0.0.5", "10.1.0.9", "https", Client("10.1.0.9", "https", True)),
]  # fmt: skip


@pytest.mark.parametrize(("peer", "forwarded", "scheme", "expected"), CASES)
def test_the_last_hop_that_is_no_proxy_of_ours_sent_it(peer, forwarded, scheme, expected):
    said = {"HTTP_X_FORWARDED_FOR": forwarded, "HTTP_X_FORWARDED_PROTO": scheme}
    meta = {"REMOTE_ADDR": peer, **{name: value for name, value in said.items() if value}}

    assert who_sent(meta, OURS) == expected


def test_without_proxies_the_socket_alone_counts():
    meta = {"REMOTE_ADDR": "10.0.0.5", "HTTP_X_FORWARDED_FOR": "198.51.100.1"}

    assert who_sent(meta, []) == Client("10.0.0.5", "", False)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:0:0:1::1", "2001:db8::/64"),
        ("2001:db8:0:0:ffff::9%eth0", "2001:db8::/64"),
        ("", ""),
        ("no address" * 20, ("no address" * 20)[:64]),
    ],
)
def test_one_sender_is_an_address_or_a_network_of_ipv6(address, network):
    assert network_of(address) == network
