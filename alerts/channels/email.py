"""E-mail: one SMTP conversation per message, in a thread. Text, page and pictures in one letter."""

from __future__ import annotations

import asyncio
import hashlib
import smtplib
import ssl
from email.header import Header
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import formataddr, formatdate, parseaddr

from alerts.outgoing import UNKNOWN_OUTCOME
from monitor.config import ChannelsConfig, EmailConfig
from monitor.errors import SendError
from monitor.records import Message

AGAIN = "(gửi lại) "
SECONDS = 30.0


def open(config: ChannelsConfig) -> EmailChannel | None:  # the name every channel file has
    """The channel, or None when the configuration switches it off."""
    return EmailChannel(config.email) if config.email.enabled else None


class EmailChannel:
    """Sends letters through the office's SMTP server."""

    def __init__(self, config: EmailConfig, *, timeout: float = SECONDS) -> None:
        self._config, self._timeout = config, timeout

    async def send(self, message: Message, recipient: str, *, repeated: bool = False) -> str:
        """Send one letter and return its Message-ID.

        Raises:
            SendError: permanent when the address or the letter is refused for good (5xx), else worth trying again.
        """
        address = parseaddr(recipient)[1]
        if "@" not in address or any(c in recipient for c in "\r\n"):
            raise SendError(f"Địa chỉ e-mail không hợp lệ: {recipient!r:.80}", permanent=True)
        letter = compose(message.numbered(0), sender=self._config.sender, recipient=address, repeated=repeated)
        await asyncio.to_thread(self._deliver, letter, address)
        return str(letter["Message-ID"])

    async def check(self) -> str:
        """Connect, log in and say so."""
        await asyncio.to_thread(self._greet)
        return f"máy chủ thư {self._config.host}:{self._config.port}"

    async def aclose(self) -> None:
        """Nothing stays open between letters."""

    def _deliver(self, letter: MIMEMultipart, address: str) -> None:
        said = False
        try:
            with self._connected() as server:
                said = True
                crlf = letter.policy.clone(linesep="\r\n")  # smtplib mends the line ends of str, not of bytes
                server.sendmail(parseaddr(self._config.sender)[1], [address], letter.as_bytes(policy=crlf))
        except (smtplib.SMTPException, OSError) as error:
            raise self._failure(error, said) from error

    def _greet(self) -> None:
        try:
            with self._connected() as server:
                server.noop()
        except (smtplib.SMTPException, OSError) as error:
            raise self._failure(error, said=False) from error

    def _connected(self) -> smtplib.SMTP:
        config = self._config
        secure = ssl.create_default_context()
        if config.port == 465:  # the port of SMTP over TLS from the first byte
            server: smtplib.SMTP = smtplib.SMTP_SSL(config.host, config.port, timeout=self._timeout, context=secure)
        else:
            server = smtplib.SMTP(config.host, config.port, timeout=self._timeout)
        try:
            if config.starttls and config.port != 465:
                server.starttls(context=secure)
            password = config.secret()
            if config.username and password:
                server.login(config.username, password)
        except BaseException:
            server.close()
            raise
        return server

    def _failure(self, error: Exception, said: bool) -> SendError:
        """`said`: the letter was on its way, so a broken line says nothing about its fate."""
        where = f"{self._config.host}:{self._config.port}"
        match error:
            case smtplib.SMTPRecipientsRefused():
                code, reason = next(iter(error.recipients.values()))
                return SendError(f"Máy chủ thư không nhận địa chỉ này: {code} {_words(reason)}", permanent=code >= 500)
            case smtplib.SMTPAuthenticationError():  # a mistake of the office's, soon mended: what is owed should still go out
                return SendError(f"Máy chủ thư {where} không nhận tài khoản: kiểm tra channels.email.username và mật khẩu")
            case smtplib.SMTPDataError() | smtplib.SMTPSenderRefused():
                return SendError(f"Máy chủ thư từ chối thư: {error.smtp_code} {_words(error.smtp_error)}", permanent=error.smtp_code >= 500)
            case smtplib.SMTPNotSupportedError():
                return SendError(f"Máy chủ thư {where} không hỗ trợ STARTTLS: sửa channels.email.starttls")
        unknown = f"; {UNKNOWN_OUTCOME}" if said else ""
        return SendError(f"Không gửi được qua máy chủ thư {where} ({type(error).__name__}){unknown}")


def compose(message: Message, *, sender: str, recipient: str, repeated: bool = False) -> MIMEMultipart:
    """The letter: related(alternative(plain, page), pictures by their cid).

    The same letter always has the same Message-ID, so that a mailbox that drops known ids shows a repeated one once.
    """
    bodies = MIMEMultipart("alternative")
    bodies.attach(MIMEText(message.text, "plain", "utf-8"))
    if message.html is not None:
        bodies.attach(MIMEText(message.html, "html", "utf-8"))
    letter = bodies
    if message.images:
        letter = MIMEMultipart("related")
        letter.attach(bodies)
        for cid, png in message.images.items():
            picture = MIMEImage(png, "png")
            picture["Content-ID"] = f"<{cid}>"
            picture.add_header("Content-Disposition", "inline", filename=f"{cid}.png")
            letter.attach(picture)
    name, address = parseaddr(sender)
    subject = " ".join(message.subject.split())
    # stdlib EmailMessage loses spaces when it folds long Vietnamese subjects; Header does not
    letter["Subject"] = Header((AGAIN if repeated else "") + subject, "utf-8", header_name="Subject").encode()
    letter["From"] = formataddr((name, address)) if name else address
    letter["To"] = recipient
    letter["Date"] = formatdate()
    digest = hashlib.blake2b("\0".join((subject, message.text, recipient)).encode(), digest_size=16).hexdigest()
    letter["Message-ID"] = f"<{digest}@{address.rpartition('@')[2] or 'localhost'}>"
    return letter


def _words(reason: bytes | str) -> str:
    return (reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason)[:200]
