"""Which certificates are believed, and what is wrong with one that is not."""

from __future__ import annotations

import ssl
from pathlib import Path

import certifi

from monitor.errors import FetchError, reason

# X509_V_ERR_… of OpenSSL
_EXPIRED, _NOT_YET, _WRONG_HOST, _SELF_SIGNED, _INCOMPLETE = {10}, {9}, {62, 64}, {18, 19}, {2, 20, 21}


def context(file: Path | None) -> ssl.SSLContext:
    """The browsers' authorities, and with `file` the links between them and a site that some portals forget to send.

    Such a link is believed only together with the authority above it, never by itself.

    Raises:
        FetchError: the file cannot be read, or holds no certificate.
    """
    made = ssl.create_default_context(cafile=certifi.where())
    made.verify_flags &= ~ssl.VERIFY_X509_PARTIAL_CHAIN
    if file is None:
        return made
    try:
        made.load_verify_locations(cafile=file)
    except ssl.SSLError:
        raise FetchError(f"fetch.certificates: tệp {file} không chứa chứng chỉ dạng PEM", kind="hard") from None
    except OSError as error:
        raise FetchError(f"fetch.certificates: không đọc được tệp {file} ({reason(error)})", kind="hard") from error
    return made


def explained(error: ssl.SSLCertVerificationError, host: str) -> str:
    """The sentence for a certificate that did not pass."""
    code = error.verify_code
    if code in _INCOMPLETE:
        return (
            f"Máy chủ {host} gửi thiếu chứng chỉ trung gian (hoặc dùng nơi cấp không được tin cậy): "
            "thêm chứng chỉ trung gian của nơi cấp vào tệp đặt ở khóa fetch.certificates"
        )
    said = {
        "đã hết hạn": _EXPIRED, "chưa đến ngày có hiệu lực": _NOT_YET, "được cấp cho tên miền khác": _WRONG_HOST,
        "là loại tự ký, không do nơi nào được tin cậy cấp": _SELF_SIGNED,
    }  # fmt: skip
    return f"Chứng chỉ bảo mật của {host} " + next((words for words, codes in said.items() if code in codes), "không hợp lệ")
