"""Which addresses may be reached: the rule by table, and every spelling that hides an address."""

from __future__ import annotations

import socket

import pytest

from crawlers.door.connector import CheckedResolver, fixed_addresses
from crawlers.door.guard import Refused, check_address, check_endpoint, check_url, networks
from monitor.errors import FetchError

_PRIVATE = """
0.0.0.0 10.1.2.3 100.64.0.1 100.127.255.255 127.0.0.1 127.8.8.8 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.7
192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
:: ::1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::7f00:1 64:ff9b::a00:1 64:ff9b:1::a00:1 100::1 2001::1 2001:0:4136:e378::80ff:fefe
2001:2::1 2001:10::1 2001:db8::1 2002:7f00:1:: 2002:808:808:: 3fff::1 5f00::1 fc00::1 fd12::1 fe80::1 fec0::1 ff02::1
2620:4f:8000::1 2400:6540::5efe:a00:1 2400:6540::200:5efe:808:808 4000::1 fe80::1%eth0
"""
PRIVATE = _PRIVATE.split()
_PUBLIC = """
8.8.8.8 1.1.1.1 113.160.1.1 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 198.17.0.1
2001:4860:4860::8888 2400:6540::1 ::ffff:8.8.8.8
"""
PUBLIC = _PUBLIC.split()

URLS_REFUSED = [
    "ftp://vnexpress.vn/", "file:///etc/passwd", "javascript:alert(1)", "//good.vn/", "http:///x", "http://", "", "http://good.vn:22/",
    "http://u@good.vn/", "http://u:p@good.vn/", "http://good.vn\\@127.0.0.1/", "http://good.vn/\\x", "http://good.vn:99999/",
    "http://127.1/", "http://0x7f.1/", "http://0177.0.0.1/", "http://017700000001/", "http://2130706433/", "http://127.0.0.1./",
    "http://1.2.3/", "http://1.2.3.4.5/", "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/", "http://[::1%25lo]/", "http://[v1.x]/", "http://[1::2/",
    "http://good .vn/", "http://good\t.vn/", "http://-x.vn/", "http://a..vn/", "http://good%2evn/", "http://" + "a" * 64 + ".vn/",
    "http://good.vn/" + "a" * 5000,
]  # fmt: skip
URLS_KEPT = {
    "http://vnexpress.net": "http://vnexpress.net/",
    "HTTPS://VnExpress.Net:443/a?b=c#d": "https://vnexpress.net/a?b=c",
    "http://vnexpress.net.:80/x": "http://vnexpress.net/x",
    "https://báo.vn/tin/đổi số": "https://xn--bo-mia.vn/tin/%C4%91%E1%BB%95i%20s%E1%BB%91",
    "http://a_b.vn/%C4%91?x=[1]": "http://a_b.vn/%C4%91?x=[1]",
    "http://[2001:4860:4860:0::8888]/": "http://[2001:4860:4860::8888]/",
    "http://good.vn#@127.0.0.1/": "http://good.vn/",
    "http://good.vn?u=http://127.0.0.1/": "http://good.vn/?u=http://127.0.0.1/",
}


@pytest.mark.parametrize("ip", PRIVATE)
def test_what_is_not_public_is_refused(ip: str) -> None:
    with pytest.raises(Refused) as refused:
        check_address(ip)
    assert refused.value.kind == "hard"


@pytest.mark.parametrize("ip", PUBLIC)
def test_public_addresses_pass(ip: str) -> None:
    check_address(ip)


def test_a_listed_network_passes_on_any_port_and_nothing_beside_it() -> None:
    allow = networks(["127.0.0.0/8", "fd00::/8"])
    check_endpoint("127.0.0.1", 8765, allow)
    check_endpoint("::ffff:127.0.0.1", 8765, allow)
    check_endpoint("fd00::5", 8080, allow)
    for ip in ("10.0.0.1", "169.254.169.254", "::1"):
        with pytest.raises(Refused):
            check_endpoint(ip, 80, allow)
    with pytest.raises(Refused, match="8080"):
        check_endpoint("8.8.8.8", 8080, allow)


def test_the_web_has_two_ports() -> None:
    for port in (80, 443):
        check_endpoint("8.8.8.8", port)
    for port in (0, 22, 25, 5432, 6379, 8080, 65536):
        with pytest.raises(Refused):
            check_endpoint("8.8.8.8", port)


@pytest.mark.parametrize("url", URLS_REFUSED)
def test_addresses_with_two_readings_are_refused(url: str) -> None:
    with pytest.raises(Refused):
        check_url(url)


@pytest.mark.parametrize(("url", "kept"), URLS_KEPT.items())
def test_good_addresses_come_back_in_one_spelling(url: str, kept: str) -> None:
    assert check_url(url) == kept
    assert check_url(kept) == kept


def test_a_name_on_another_port_needs_a_listed_network() -> None:
    assert check_url("http://tin.localhost:8801/rss", networks(["127.0.0.0/8"])) == "http://tin.localhost:8801/rss"
    with pytest.raises(Refused):
        check_url("http://tin.localhost:8801/rss")


class FakeResolver(CheckedResolver):
    """A name server that answers what the test wants."""

    def __init__(self, *answers: str) -> None:
        self.answers = answers

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list:
        return [{"hostname": host, "host": a, "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0} for a in self.answers]


async def test_one_bad_address_among_good_ones_refuses_the_name() -> None:
    resolver = CheckedResolver((), inner=FakeResolver("8.8.8.8", "10.0.0.1"))
    with pytest.raises(Refused):
        await resolver.resolve("good.vn", 80)
    assert [a["host"] for a in await CheckedResolver((), inner=FakeResolver("8.8.8.8")).resolve("good.vn", 80)] == ["8.8.8.8"]


async def test_names_below_localhost_are_loopback_and_refused_unless_listed() -> None:
    for name in ("localhost", "tin.localhost"):
        with pytest.raises(FetchError):
            await CheckedResolver((), inner=FakeResolver("8.8.8.8")).resolve(name, 80)
        found = await CheckedResolver(networks(["127.0.0.0/8"]), inner=FakeResolver("8.8.8.8")).resolve(name, 80)
        assert [a["host"] for a in found] == ["127.0.0.1"]


async def test_fixed_addresses_go_before_dns_and_are_checked_too() -> None:
    fixed = fixed_addresses({"Bao-Thu.example": "127.0.0.1:8801", "v6.example": "[::1]:8801"})
    with pytest.raises(Refused):
        await CheckedResolver((), fixed).resolve("bao-thu.example", 80)
    found = await CheckedResolver(networks(["127.0.0.0/8"]), fixed).resolve("bao-thu.example", 80)
    assert [(a["host"], a["port"]) for a in found] == [("127.0.0.1", 8801)]
    with pytest.raises(ValueError, match="tin"):
        fixed_addresses({"a.example": "tin.example:80"})
