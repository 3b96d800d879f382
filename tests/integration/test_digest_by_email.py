"""The weekly digest all the way: figures from the real database, through the outbox, by real SMTP, opened as a mail program would."""

from __future__ import annotations

import email
import socket
from datetime import timedelta
from email import policy
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

from monitor import pipeline, weekly
from monitor.app import open_channels, opened
from monitor.config import Config
from monitor.config_file import load
from monitor.demo import play

ROOT = Path(__file__).resolve().parents[2]


class Inbox(Sink):
    def __init__(self) -> None:
        super().__init__()
        self.received: list[bytes] = []

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        self.received.append(envelope.content)  # type: ignore[attr-defined]
        return "250 OK"


async def test_a_leader_gets_one_letter_with_its_picture(tmp_path: Path) -> None:
    inbox = Inbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(inbox, hostname="127.0.0.1", port=port)
    server.start()
    try:
        base = load(ROOT / "config.yaml")
        smtp = Config(channels={"email": {"enabled": True, "host": "127.0.0.1", "port": port, "starttls": False}}).channels
        with play.newsroom(base, tmp_path, channels=open_channels(Config(channels=smtp))) as (app, clock):
            app.config = app.config.model_copy(
                update={"digest": Config(digest={"recipients": [{"channel": "email", "to": "lanh-dao@don-vi.example"}]}).digest}
            )
            clock.now = play.LAST - timedelta(days=4)
            async with opened(app):
                for source in ("do_thi_song_hong", "cong_tp"):
                    found = app.source(source)
                    assert found is not None
                    await pipeline.collect(app, found)
                clock.now = play.LAST
                for _ in range(2):
                    await weekly.owe_if_due(app)
                    await pipeline.deliver_all(app)
    finally:
        server.stop()
    (raw,) = inbox.received
    letter = email.message_from_bytes(raw, policy=policy.default)
    assert letter["To"] == "lanh-dao@don-vi.example"
    assert "Bản tin tuần 46/2026" in letter["Subject"]
    kinds = {part.get_content_type(): part for part in letter.walk()}
    assert {"text/plain", "text/html", "image/png"} <= set(kinds)
    picture = kinds["image/png"]
    assert picture.get_payload(decode=True).startswith(b"\x89PNG")
    html = kinds["text/html"].get_content()
    assert f"cid:{picture['Content-ID'].strip('<>')}" in html
    assert "http://do-thi-song-hong.example/" in html
