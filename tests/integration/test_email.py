from __future__ import annotations

import asyncio
import email
import socket
from collections.abc import Iterator
from email.header import decode_header, make_header
from email.message import Message as Letter

import pytest
from aiosmtpd.controller import Controller
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels import email as mail
from alerts.channels.email import EmailChannel, compose
from alerts.outgoing import UNKNOWN_OUTCOME
from monitor.config import ChannelsConfig, EmailConfig
from monitor.errors import SendError
from monitor.records import Message

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
MESSAGE = Message(
    subject="[S3 CAO] Lừa đảo, giả mạo: xuất hiện tin nhắn giả danh cán bộ phường tại nhiều nơi ở Hà Nội trong tuần vừa qua",
    text="Xin chào Thủ đô\n.dòng bắt đầu bằng dấu chấm",
    html="<p>Xin chào <b>Thủ đô</b></p><img src='cid:bieu-do'>",
    images={"bieu-do": PNG},
)


class Server:
    """An SMTP server's behaviour; `answer` is what it says to the next commands."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.on_rcpt = "250 OK"
        self.on_data = "250 OK"
        self.hang_up = False

    async def handle_RCPT(self, server, session, envelope, address, options):  # type: ignore[no-untyped-def]
        if self.on_rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.on_rcpt

    async def handle_DATA(self, server, session, envelope):  # type: ignore[no-untyped-def]
        self.letters.append(email.message_from_bytes(envelope.content))
        if self.hang_up:
            server.transport.abort()
        return self.on_data


@pytest.fixture
def server() -> Iterator[tuple[Server, int]]:
    behaviour = Server()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(behaviour, hostname="127.0.0.1", port=port)
    controller.start()
    yield behaviour, port
    controller.stop()


def channel(port: int, **settings: object) -> EmailChannel:
    base = {"enabled": True, "host": "127.0.0.1", "port": port, "starttls": False, "sender": "Theo dõi báo chí <tdbc@hanoi.example>"}
    config = EmailConfig.model_validate(base | settings)
    return EmailChannel(config, timeout=5)


def subject_of(letter: Letter) -> str:
    return str(make_header(decode_header(letter["Subject"])))


async def refused(port: int, recipient: str = "truc@hanoi.example", **settings: object) -> SendError:
    with pytest.raises(SendError) as caught:
        await channel(port, **settings).send(MESSAGE, recipient)
    return caught.value


async def test_a_letter_arrives_with_text_page_and_picture(server: tuple[Server, int]) -> None:
    behaviour, port = server
    remote_id = await channel(port).send(MESSAGE, "Trực ban <truc@hanoi.example>")
    (letter,) = behaviour.letters
    assert letter["Message-ID"] == remote_id
    assert subject_of(letter) == MESSAGE.subject
    assert letter["To"] == "truc@hanoi.example"
    parts = {p.get_content_type(): p for p in letter.walk() if not p.is_multipart()}
    plain = parts["text/plain"].get_payload(decode=True)
    assert isinstance(plain, bytes)
    assert plain.decode() == MESSAGE.text
    page = parts["text/html"].get_payload(decode=True)
    assert isinstance(page, bytes)
    assert page.decode() == MESSAGE.html
    assert parts["image/png"].get_payload(decode=True) == PNG
    assert parts["image/png"]["Content-ID"] == "<bieu-do>"
    assert letter.get_content_type() == "multipart/related"


async def test_a_repeated_letter_says_so_and_keeps_its_id(server: tuple[Server, int]) -> None:
    behaviour, port = server
    first = await channel(port).send(MESSAGE, "truc@hanoi.example")
    second = await channel(port).send(MESSAGE, "truc@hanoi.example", repeated=True)
    assert first == second
    assert [subject_of(x).startswith("(gửi lại) ") for x in behaviour.letters] == [False, True]


@pytest.mark.parametrize(("answer", "permanent"), [("550 no such user", True), ("451 try later", False)])
async def test_a_refused_address_is_permanent_only_for_5xx(server: tuple[Server, int], answer: str, permanent: bool) -> None:
    behaviour, port = server
    behaviour.on_rcpt = answer
    error = await refused(port)
    assert error.permanent is permanent
    assert UNKNOWN_OUTCOME not in str(error)


@pytest.mark.parametrize(("answer", "permanent"), [("554 spam", True), ("452 full", False)])
async def test_a_refused_letter_is_permanent_only_for_5xx(server: tuple[Server, int], answer: str, permanent: bool) -> None:
    behaviour, port = server
    behaviour.on_data = answer
    assert (await refused(port)).permanent is permanent


async def test_a_line_that_breaks_after_the_letter_is_an_unknown_outcome(server: tuple[Server, int]) -> None:
    behaviour, port = server
    behaviour.hang_up = True
    error = await refused(port)
    assert not error.permanent
    assert str(error).endswith(UNKNOWN_OUTCOME)


async def test_no_server_is_temporary_and_surely_not_sent() -> None:
    error = await refused(9)
    assert not error.permanent
    assert "127.0.0.1:9" in str(error)
    assert UNKNOWN_OUTCOME not in str(error)


async def test_a_server_without_starttls_is_said_clearly(server: tuple[Server, int]) -> None:
    _, port = server
    error = await refused(port, starttls=True)
    assert "starttls" in str(error)
    assert not error.permanent


@pytest.mark.parametrize("recipient", ["", "không phải địa chỉ", "a@b.vn\r\nBcc: x@y.vn"])
async def test_a_bad_address_is_permanent(server: tuple[Server, int], recipient: str) -> None:
    _, port = server
    assert (await refused(port, recipient=recipient)).permanent


async def test_check_reaches_the_server(server: tuple[Server, int]) -> None:
    _, port = server
    assert await channel(port).check() == f"máy chủ thư 127.0.0.1:{port}"


LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxyAĐÊHNáàảãạấầẩẫậếềểễệốồổỗộớờởỡợứừửữự0123456789.,:;!?“”–()[]/&<>😀"
WORDS = st.text(alphabet=st.sampled_from(LETTERS), min_size=1, max_size=12)


@given(st.lists(WORDS, min_size=1, max_size=40))
def test_any_vietnamese_subject_survives_the_journey(words: list[str]) -> None:
    subject = " ".join(words)
    letter = compose(Message(subject=subject, text="x"), sender="a@b.vn", recipient="c@d.vn")
    assert subject_of(email.message_from_bytes(letter.as_bytes())) == subject


def test_a_subject_cannot_add_headers() -> None:
    letter = compose(Message(subject="a\r\nBcc: x@y.vn", text="x"), sender="a@b.vn", recipient="c@d.vn")
    assert email.message_from_bytes(letter.as_bytes())["Bcc"] is None


def test_open_needs_a_switch() -> None:
    assert mail.open(ChannelsConfig()) is None
    assert mail.open(ChannelsConfig.model_validate({"email": {"enabled": True}})) is not None


async def test_the_loop_is_free_while_a_letter_is_sent(server: tuple[Server, int]) -> None:
    _, port = server
    sending = asyncio.create_task(channel(port).send(MESSAGE, "truc@hanoi.example"))
    turns = 0
    while not sending.done():
        await asyncio.sleep(0)
        turns += 1
    await sending
    assert turns > 1
