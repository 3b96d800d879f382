"""The errors of the house. Each is one clear Vietnamese sentence; they are caught at the edge, once."""

from __future__ import annotations

import errno
from typing import Literal

_SYSTEM = {
    errno.EACCES: "không có quyền truy cập", errno.EPERM: "không được phép", errno.ENOENT: "tệp hoặc thư mục không có",
    errno.EISDIR: "đây là thư mục, không phải tệp", errno.ENOTDIR: "đây là tệp, không phải thư mục", errno.EEXIST: "tệp đã có",
    errno.EROFS: "ổ đĩa chỉ đọc", errno.ENOSPC: "ổ đĩa đã đầy", errno.ENAMETOOLONG: "tên quá dài", errno.EIO: "ổ đĩa báo lỗi",
}  # fmt: skip


class MonitorError(Exception):
    """Something a person can mend. The message is one clear Vietnamese sentence naming the file, key or line."""


class ConfigError(MonitorError):
    """The configuration cannot be used; the message names the file and the key."""


class FetchError(MonitorError):
    """A page could not be read. `kind` is hard (gone), soft (refused) or temporary."""

    def __init__(self, reason: str, *, kind: Literal["hard", "soft", "temporary"] = "temporary", retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.kind = kind
        self.retry_after = retry_after


class ParseError(MonitorError):
    """The bytes are not what the source promised."""


class EmptySourceError(ParseError):
    """The document is sound but offers nothing: never taken for a quiet day."""


class HostileError(ParseError):
    """The bytes were stopped by a limit, or cannot be read as any text: they go to quarantine with their hash, when it is known."""

    def __init__(self, reason: str, *, body_hash: str = "", size: int = 0, url: str = "") -> None:
        super().__init__(reason)
        self.body_hash = body_hash
        self.size = size
        self.url = url


class SourceOffError(MonitorError):
    """A source cannot be read as things stand (no key, nothing to read on a schedule): it is off, not failing."""


class SendError(MonitorError):
    """A channel did not take a message. Permanent ones go to the dead letters at once."""

    def __init__(self, reason: str, *, permanent: bool = False, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.permanent = permanent
        self.retry_after = retry_after


def reason(error: OSError) -> str:
    """Why the operating system refused, in Vietnamese where we know the words."""
    return _SYSTEM.get(error.errno or 0) or error.strerror or type(error).__name__
