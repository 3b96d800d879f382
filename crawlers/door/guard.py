"""Decides which addresses may be reached: public ones, on the web's two ports, unless the operator lists a network. Pure.

A stranger's feed chooses what we fetch, so an address is refused unless it is surely public: the rule lists what is
allowed for IPv6 and what is special for IPv4, and knows the notations that hide one address in another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import quote

import idna

from monitor.errors import FetchError

Network = IPv4Network | IPv6Network

MAX_URL = 4096  #: characters
WEB_PORTS = (80, 443)

# IANA special-purpose registry, plus the relays and sinks that are nominally global.
_V4_SPECIAL = tuple(
    IPv4Network(net)
    for net in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
_V6_GLOBAL = IPv6Network("2000::/3")
# 2001::/23 holds Teredo, ORCHID and benchmarking; 2002::/16 is 6to4.
_V6_SPECIAL = tuple(IPv6Network(net) for net in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"))
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)  # third 32-bit word; the fourth is an IPv4 address

_URL = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?#\\]*)(?P<rest>[/?][^#\\]*)?(?:#.*)?", re.IGNORECASE | re.DOTALL)
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:\[\]@]+)(?::(?P<port>\d{0,5}))?")
_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\s]")


class Refused(FetchError):
    """An address that is never contacted. Final."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, kind="hard")


def networks(cidrs: Sequence[str]) -> tuple[Network, ...]:
    """Parse `fetch.allow_addresses`; raises ValueError for what is no network."""
    return tuple(ip_network(cidr, strict=False) for cidr in cidrs)


def check_address(ip: str, allow: Sequence[Network] = ()) -> None:
    """Raise Refused unless `ip` is global unicast or lies in `allow`."""
    try:
        address = ip_address(ip)
    except ValueError:
        raise Refused(f"“{ip:.60}” không phải địa chỉ IP hợp lệ") from None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if not (_is_allowed(address, allow) or _is_public(address)):
        raise Refused(f"Địa chỉ {ip} không phải địa chỉ công khai nên không được truy cập")


def check_endpoint(ip: str, port: int, allow: Sequence[Network] = ()) -> None:
    """Raise Refused unless `port` of `ip` may be reached: 80 and 443, or any port of an address in `allow`."""
    check_address(ip, allow)
    if port in WEB_PORTS:
        return
    address = ip_address(ip)
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if not _is_allowed(address, allow):
        raise Refused(f"Cổng {port} không phải cổng web (80, 443) nên không được truy cập")


def check_url(url: str, allow: Sequence[Network] = ()) -> str:
    """Return `url` in plain ASCII, without its fragment, or raise Refused.

    Looks at the spelling only; where a name leads is checked at the moment of connecting. The result has one reading:
    no user name, no backslash, a host of letters, digits, dots and hyphens or a canonical address.
    """
    found = _URL.fullmatch(url.strip()) if len(url) <= MAX_URL else None
    if found is None:
        raise Refused(f"“{url:.80}” không phải địa chỉ http hoặc https hợp lệ")
    authority = _AUTHORITY.fullmatch(found["authority"])
    if authority is None:
        raise Refused(f"Địa chỉ “{url:.80}” có tên máy chủ không hợp lệ")
    scheme = found["scheme"].lower()
    host = _host(authority["host"])
    port = int(authority["port"] or (443 if scheme == "https" else 80))
    literal = _literal(host)
    if literal is not None:
        check_endpoint(str(literal), port, allow)
    elif port not in WEB_PORTS and not allow:
        raise Refused(f"Cổng {port} không phải cổng web (80, 443) nên không được truy cập")
    where = host if port == (443 if scheme == "https" else 80) else f"{host}:{port}"
    rest = quote(_CONTROL.sub(lambda m: "%20" if m.group() == " " else "", found["rest"] or "/"), safe="/?:@!$&'()*+,;=~-._%[]|")
    return f"{scheme}://{where}{rest if rest.startswith('/') else '/' + rest}"


def _host(raw: str) -> str:
    """The host in one spelling, or Refused."""
    if raw.startswith("["):
        try:
            return f"[{IPv6Address(raw[1:-1])}]"
        except ValueError:
            raise Refused(f"“{raw:.60}” không phải địa chỉ IPv6 hợp lệ") from None
    host = raw.lower().removesuffix(".")
    if not host.isascii():
        try:
            host = idna.encode(host, std3_rules=True).decode("ascii").lower()
        except idna.IDNAError:
            raise Refused(f"Tên máy chủ “{raw:.60}” không hợp lệ") from None
    if len(host) > 253 or not _NAME.fullmatch(host):
        raise Refused(f"Tên máy chủ “{raw:.60}” không hợp lệ")
    last = host.rsplit(".", 1)[-1]
    if last.isdigit() or re.fullmatch(r"0x[0-9a-f]*", last):  # some resolvers read 127.1 or 0x7f000001 as an address
        try:
            return str(IPv4Address(host))
        except ValueError:
            raise Refused(f"“{raw:.60}” không phải địa chỉ IPv4 viết đúng dạng") from None
    return host


@lru_cache(4096)
def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


def _is_allowed(address: IPv4Address | IPv6Address, allow: Sequence[Network]) -> bool:
    return any(address in network for network in allow if network.version == address.version)


@lru_cache(4096)
def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _V4_SPECIAL)
    if address.scope_id or address not in _V6_GLOBAL or any(address in network for network in _V6_SPECIAL):
        return False
    return (int(address) >> 32) & 0xFFFF_FFFF not in _ISATAP
