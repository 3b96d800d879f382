"""Connects to checked addresses only: every address a name leads to, and once more the very address of each connection."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Mapping, Sequence
from ipaddress import ip_address

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from crawlers.door.guard import Network, Refused, check_address, check_endpoint

DNS_SECONDS = 60


Fixed = Mapping[str, tuple[str, int]]  #: host → address and port, instead of asking DNS


def fixed_addresses(resolve: Mapping[str, str]) -> Fixed:
    """Parse `fetch.resolve` ("127.0.0.1:8801"); raises ValueError for what is no address and port."""
    found = {}
    for host, where in resolve.items():
        ip, _, port = where.rpartition(":")
        found[host.lower()] = (str(ip_address(ip.strip("[]"))), int(port))
    return found


class CheckedResolver(AbstractResolver):
    """Resolves a name and refuses it when any of its addresses is not allowed, those the operator fixed included."""

    def __init__(self, allow: Sequence[Network], fixed: Fixed | None = None, inner: AbstractResolver | None = None) -> None:
        self._allow = allow
        self._fixed = fixed or {}
        self._inner = inner or ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        """Return the checked addresses. Raises guard.Refused, or OSError when the name is unknown."""
        if host in self._fixed:
            found = [_known(host, *self._fixed[host])]
        elif host == "localhost" or host.endswith(".localhost"):  # RFC 6761; not every libc knows names below localhost
            found = [_known(host, "127.0.0.1", port)]
        else:
            found = await self._inner.resolve(host, port, family)
        for one in found:
            check_address(one["host"], self._allow)
        return found

    async def close(self) -> None:
        """Release the resolver below."""
        await self._inner.close()


def checked_connector(resolver: CheckedResolver, allow: Sequence[Network], context: ssl.SSLContext, limit: int) -> aiohttp.TCPConnector:
    """Return a connector whose sockets are created for checked endpoints only; literal addresses come past no resolver."""

    def open_socket(info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, proto, _, where = info
        ip, port = str(where[0]), int(where[1])
        try:
            check_endpoint(ip, port, allow)
        except Refused as refused:  # an OSError is what the connection race reports faithfully
            raise PermissionError(errno.EACCES, str(refused)) from refused
        return socket.socket(family=family, type=kind, proto=proto)

    return aiohttp.TCPConnector(
        resolver=resolver, socket_factory=open_socket, ssl=context, limit=limit,
        ttl_dns_cache=DNS_SECONDS, family=socket.AF_UNSPEC,
    )  # fmt: skip


def _known(host: str, ip: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    return ResolveResult(hostname=host, host=ip, port=port, family=family, proto=socket.IPPROTO_TCP, flags=socket.AI_NUMERICHOST)
