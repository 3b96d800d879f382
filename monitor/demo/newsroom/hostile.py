"""What a hostile or broken outlet sends: scripts in every field, links that are no links, dates of other centuries, a page without end."""

from __future__ import annotations

_ITEMS = (
    (
        "<script>alert('tin nóng')</script>Hà Nội: bản tin có mã độc trong tiêu đề",
        "/ma-doc-tieu-de-1.html",
        "Mon, 09 Nov 2026 08:00:00 +0700",
    ),
    ("Liên kết javascript không phải là bài báo", "javascript:alert(document.cookie)", "Mon, 09 Nov 2026 08:10:00 +0700"),
    ("Tin từ năm 9999 về chuyển đổi số", "/tin-tu-tuong-lai-3.html", "Fri, 31 Dec 9999 23:59:59 +0700"),
    ("Tin từ trước Công nguyên về dịch vụ công", "/tin-co-dai-4.html", "01/01/-001 00:00"),
    ("Trang dài năm megabyte", "/trang-dai-5.html", "Tue, 10 Nov 2026 09:00:00 +0700"),
    ("Trang lồng nghìn lớp", "/trang-long-6.html", "Tue, 10 Nov 2026 09:30:00 +0700"),
    ("Liên kết vào mạng nội bộ", "http://169.254.169.254/latest/meta-data/", "Tue, 10 Nov 2026 10:00:00 +0700"),
    ("Tệp trên máy", "file:///etc/passwd", "Tue, 10 Nov 2026 10:10:00 +0700"),
    (
        "\u202eố s iổđ nểyuhc\u202c Tiêu đề viết ngược 💥 <img src=x onerror=alert(1)>",
        "/viet-nguoc-9.html",
        "Wed, 11 Nov 2026 07:00:00 +0700",
    ),
    ("Bản thảo mà robots.txt không cho đọc", "/noi-bo/ban-thao-10.html", "Wed, 11 Nov 2026 08:00:00 +0700"),
)

_PARAGRAPH = (
    "<p>Một đoạn văn <b onmouseover=\"alert('x')\">có bẫy</b> nói về thời tiết cuối thu, không có gì đáng chú ý."
    "<script>document.location='http://127.0.0.1/'</script></p>"
)


def feed(host: str) -> str:
    """An RSS feed, well-formed, whose every field is meant to hurt."""
    rows = "".join(_row(host, *item) for item in _ITEMS)
    return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Góc tin lạ</title>{rows}</channel></rss>'


def _row(host: str, title: str, link: str, date: str) -> str:
    link = f"http://{host}{link}" if link.startswith("/") else link
    return (
        f"<item><title><![CDATA[{title}]]></title><link>{link}</link><pubDate>{date}</pubDate>"
        "<description><![CDATA[<img src=x onerror=alert(1)><a href='javascript:void(0)'>Bấm vào đây</a> để xem tin lạ hôm nay.]]>"
        "</description></item>"
    )


def page(path: str) -> tuple[int, bytes]:
    """Status and body of one of its pages."""
    if "trang-dai" in path:
        return 200, (f"<html><body><h1>Dài</h1>{_PARAGRAPH * 20_000}</body></html>").encode()
    if "trang-long" in path:
        return 200, ("<html><body>" + "<div>" * 3_000 + "Chữ nằm rất sâu." + "</div>" * 3_000 + "</body></html>").encode()
    return 200, f"<html><head><title>Tin lạ</title></head><body><h1>Tin lạ</h1>{_PARAGRAPH * 6}</body></html>".encode()
