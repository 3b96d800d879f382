"""Turns what a database driver says into one Vietnamese sentence that names the database and the way out."""

from __future__ import annotations

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from monitor.errors import MonitorError

#: (what the driver says, what a person reads); the first that is found wins
_SENTENCES = (
    ("database is locked", "đang bị một tiến trình khác khóa; hãy dừng tiến trình đó (hoặc chờ nó ghi xong) rồi thử lại"),
    ("readonly database", "chỉ đọc được, không ghi được; hãy kiểm tra quyền ghi của thư mục và tệp"),
    ("unable to open database file", "không mở được; hãy kiểm tra thư mục có tồn tại và có quyền ghi không"),
    ("file is not a database", "không phải là tệp cơ sở dữ liệu của hệ thống"),
    ("malformed", "bị hỏng; hãy khôi phục từ bản sao lưu bằng lệnh: monitor restore TỆP"),
    ("disk is full", "không ghi được vì ổ đĩa đã đầy"),
    ("no space left", "không ghi được vì ổ đĩa đã đầy"),
    ("disk i/o error", "không đọc ghi được vì ổ đĩa báo lỗi"),
    ("no such table", "chưa được tạo bảng; hãy chạy lệnh: monitor db upgrade"),
    ("password authentication failed", "từ chối tên hoặc mật khẩu đăng nhập"),
    ("no password supplied", "cần mật khẩu đăng nhập"),
    ("could not translate host name", "có tên máy chủ không tồn tại"),
    ("failed to resolve host", "có tên máy chủ không tồn tại"),
    ("connection refused", "không kết nối được (máy chủ từ chối); hãy kiểm tra máy chủ đã chạy chưa, địa chỉ và cổng có đúng không"),
    ("timeout expired", "không trả lời kịp; hãy kiểm tra địa chỉ và đường mạng"),
    ("connection timeout", "không trả lời kịp; hãy kiểm tra địa chỉ và đường mạng"),
    ("permission denied", "không cho tài khoản này thực hiện thao tác; hãy cấp quyền"),
    ('relation "', "chưa được tạo bảng; hãy chạy lệnh: monitor db upgrade"),
    ("does not exist", "không tồn tại trên máy chủ, hoặc tên đăng nhập không có; hãy tạo trước hoặc sửa khóa database"),
    ("too many clients", "đang có quá nhiều kết nối"),
    ("lock timeout", "đang bị một tiến trình khác khóa; hãy thử lại sau"),
    ("server closed the connection", "vừa ngắt kết nối; hệ thống sẽ thử lại"),
    ("terminating connection", "vừa ngắt kết nối; hệ thống sẽ thử lại"),
    ("connection is closed", "vừa ngắt kết nối; hệ thống sẽ thử lại"),
)


class StorageError(MonitorError):
    """The database cannot be used as asked; the message is one Vietnamese sentence."""


def name_of(url: URL) -> str:
    """How the database is called in a sentence; never shows the password."""
    if url.get_backend_name() == "sqlite":
        return f"Tệp cơ sở dữ liệu {url.database or '(trong bộ nhớ)'}"
    return f"Cơ sở dữ liệu {url.set(query={}).render_as_string(hide_password=True)}"


def translated(error: DBAPIError, url: URL) -> StorageError | None:
    """The sentence for a failure of the database itself; None for a mistake of ours, which must stay visible."""
    said = str(error.orig).lower()
    for sign, sentence in _SENTENCES:
        if sign in said:
            return StorageError(f"{name_of(url)} {sentence}.")
    if isinstance(error, OperationalError | InterfaceError):
        first = (str(error.orig).strip() or type(error.orig).__name__).splitlines()[0]
        return StorageError(f"{name_of(url)} không dùng được: {first}")
    return None
