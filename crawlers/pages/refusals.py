"""Tells an article's page from what stands in its way: other kinds of files, robot checks, logins, cookie walls, pages that are gone."""

from __future__ import annotations

import re
from collections.abc import Iterable

from monitor.errors import ParseError
from monitor.text import fold

_MOST = 1_500  #: characters; whoever says more says something
_FILES = (
    (b"%PDF-", "tệp PDF"),
    (b"PK\x03\x04", "tệp ZIP hoặc tài liệu Office"),
    (b"\xd0\xcf\x11\xe0", "tài liệu Office kiểu cũ"),
    (b"GIF8", "ảnh GIF"),
    (b"\x89PNG", "ảnh PNG"),
    (b"\xff\xd8\xff", "ảnh JPEG"),
    (b"RIFF", "tệp âm thanh hoặc hình ảnh"),
    (b"\x1f\x8b", "tệp nén gzip"),
    (b"Rar!", "tệp nén RAR"),
    (b"7z\xbc\xaf", "tệp nén 7z"),
    (b"\x00\x00\x00\x18ftyp", "tệp video"),
    (b"\x00\x00\x00\x20ftyp", "tệp video"),
    (b"ID3", "tệp âm thanh"),
    (b"\x7fELF", "tệp chương trình"),
    (b"MZ\x90", "tệp chương trình"),
)
_WALLS = (
    (
        r"just a moment|checking (?:your browser|if the site connection)|enable javascript|bat javascript|javascript (?:bi tat|is disabled)"
        r"|attention required|ddos protection|verify(?:ing)? (?:that )?you are (?:a )?human|(?:are you|not) a robot"
        r"|khong phai (?:la )?(?:robot|nguoi may)"
        r"|captcha|dang kiem tra trinh duyet|xac minh ban la (?:con )?nguoi|access denied|tu choi truy cap|request unsuccessful",
        "Trang chặn máy đọc (kiểm tra trình duyệt hoặc mã xác nhận)",
    ),
    (
        r"(?:vui long|hay|ban can|yeu cau|phai) (?:dang nhap|dang ky)|dang nhap (?:de|va) (?:xem|doc|tiep tuc)"
        r"|(?:please )?(?:log|sign) ?in to (?:continue|read|view)|danh (?:rieng )?cho (?:thue bao|thanh vien|hoi vien)",
        "Trang đòi đăng nhập mới cho đọc",
    ),
    (
        r"(?:trang|bai viet|noi dung|duong dan|tin)\b.{0,40}(?:khong ton tai|khong tim thay|da bi (?:xoa|go)|khong con)"
        r"|khong tim thay (?:trang|noi dung|bai)"
        r"|(?:page|article|file) (?:was )?not found|404(?: -)? ?(?:not found|error|loi)?$|loi 404|page (?:does not|doesn't) exist",
        "Trang báo nội dung không còn (lỗi 404 mà máy chủ trả mã 200)",
    ),
    (
        r"(?:chung toi|trang (?:web )?nay) (?:co )?(?:su dung|dung) cookie|(?:we|this (?:web)?site) uses? cookies"
        r"|chap nhan (?:tat ca )?cookie|accept (?:all )?cookies",
        "Trang chỉ hiện thông báo cookie",
    ),
    (
        r"(?:he thong|trang|website|may chu)\b.{0,30}(?:bao tri|tam ngung|qua tai)"
        r"|under (?:maintenance|construction)|service unavailable|bad gateway",
        "Trang báo đang bảo trì hoặc quá tải",
    ),
)
_COMPILED = tuple((re.compile(pattern), sentence) for pattern, sentence in _WALLS)


def check_bytes(body: bytes) -> None:
    """Refuse what is plainly another kind of file, whatever the server called it. Raises ParseError."""
    start = body[:64].lstrip()
    for magic, name in _FILES:
        if start.startswith(magic) or body.startswith(magic):
            raise ParseError(f"Máy chủ trả về {name}, không phải trang bài viết")


def check_text(titles: Iterable[str], text: str) -> None:
    """Refuse a page that says little, and in that little that the article is not to be had.

    Args:
        titles: what the page calls itself.
        text: every word found on it.

    Raises:
        ParseError: with the reason.
    """
    if len(text) > _MOST:
        return
    said = fold(text[:_MOST])
    called = [fold(title[:200]) for title in titles]
    for pattern, sentence in _COMPILED:
        named = any(pattern.search(title) for title in called)
        if (named and len(text) < 600) or (len(text) < 400 and pattern.search(said)):
            raise ParseError(sentence)
