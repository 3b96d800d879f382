"""The console: writes messages to the terminal or a file, as the team would see them in a chat."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from pathlib import Path

from monitor.config import ChannelsConfig
from monitor.errors import SendError
from monitor.records import Message

AGAIN = "(gửi lại) "
_RULE = "─" * 72


def open(config: ChannelsConfig) -> ConsoleChannel | None:  # the name every channel file has
    """The channel, or None when the configuration switches it off."""
    return ConsoleChannel(config.console.file) if config.console.enabled else None


class ConsoleChannel:
    """Appends each message to `file`, or prints it on standard output."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    async def send(self, message: Message, recipient: str, *, repeated: bool = False) -> str:
        """Write the message and return an id made of its words.

        Raises:
            SendError: the file or the terminal cannot be written; worth trying again.
        """
        text = _framed(message.numbered(0), recipient, repeated)
        try:
            await asyncio.to_thread(self._write, text)
        except OSError as error:
            where = self._file or "màn hình"
            raise SendError(f"Không ghi được tin ra {where}: {error.strerror}") from error
        return f"console:{hashlib.blake2b(text.encode(), digest_size=8).hexdigest()}"

    def _write(self, text: str) -> None:
        if self._file is None:
            sys.stdout.write(text)
            sys.stdout.flush()
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8") as out:
            out.write(text)

    async def check(self) -> str:
        """Say where messages go."""
        return f"tin hiện ở {self._file or 'màn hình'}"

    async def aclose(self) -> None:
        """Nothing to close."""


def _framed(message: Message, recipient: str, repeated: bool) -> str:
    head = f"{_RULE}\n" + (f"→ {recipient}\n" if recipient else "")
    buttons = "\n" + "  ".join(f"[ {label} ]" for label, _ in message.buttons) if message.buttons else ""
    return f"{head}{AGAIN if repeated else ''}{message.text}{buttons}\n{_RULE}\n"
