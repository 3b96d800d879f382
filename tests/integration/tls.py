"""An authority of the tests' own, the certificates it signs, and a TLS server on loopback that shows one of them."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Leaf:
    """What a server shows: its certificate, perhaps the link above it, and its key."""

    chain: bytes
    key: bytes


class Authority:
    """A root, and the intermediate that signs for sites."""

    def __init__(self, name: str = "Gốc thử") -> None:
        self._root_key, self._key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        root = _signed(name, self._root_key, name, self._root_key, authority=True)
        link = _signed("Trung gian thử", self._key, name, self._root_key, authority=True)
        self.root_pem, self.intermediate_pem = _pem(root), _pem(link)

    def leaf(self, host: str, *, whole: bool, days: tuple[int, int] = (-1, 30)) -> Leaf:
        """A certificate for `host`, valid over `days` from now; `whole`: sent with the link above it."""
        key = ec.generate_private_key(ec.SECP256R1())
        own = _pem(_signed(host, key, "Trung gian thử", self._key, days=days, host=host))
        return Leaf(own + (self.intermediate_pem if whole else b""), _key(key))

    def self_signed(self, host: str) -> Leaf:
        """A certificate that nobody vouches for."""
        key = ec.generate_private_key(ec.SECP256R1())
        return Leaf(_pem(_signed(host, key, host, key, host=host)), _key(key))


@asynccontextmanager
async def tls_serving(leaf: Leaf, folder: Path) -> AsyncIterator[int]:
    """A server that answers "ok"; yields its port."""
    (folder / "chain.pem").write_bytes(leaf.chain)
    (folder / "key.pem").write_bytes(leaf.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "chain.pem", folder / "key.pem")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


def _signed(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: str, issuer_key: ec.EllipticCurvePrivateKey, *, authority: bool = False,
    days: tuple[int, int] = (-1, 30), host: str = "",
) -> x509.Certificate:  # fmt: skip
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if host:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    return made.sign(issuer_key, hashes.SHA256())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
