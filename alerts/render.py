"""One alert as people read it in a chat or a mailbox: at most 900 visible characters, cut before escaping, people's data masked.

What is cut last stands first: level and claim; passage and link; outlet and times; official position; talking point;
topic, ward, unit; why; case number.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader

from alerts import wording
from monitor.masking import leads_nowhere, mask
from monitor.records import CASE_NUMBER_SLOT, Alert, Case, Message, TalkingPoint
from monitor.text import clean

VISIBLE = 900  #: characters of a message without its link
UNITS = 4096  #: Telegram's bound, in UTF-16 units; we keep even the markup below it
LONGEST_LINK = 1_500
CALLBACK_BYTES = 64

#: (label, action) of the buttons; the bot reads back "v1:<action>:<case id>".
BUTTONS = (("Nhận xử lý", "ack"), ("Không liên quan", "irrelevant"), ("Đã phản hồi", "answered"))

#: Classes where the fact stands against the item: the message says so, in these words and no stronger ones.
DIFFERS = frozenset({"misinformation", "wrong_figure", "official_contradiction"})

_GLUED = {"\u200d", "\ufe0f"}  # a cut before one of these would break the sign in two


def _plain(text: str) -> str:
    return text


def _as_is(html: str) -> str:
    return html


@dataclass(frozen=True, kw_only=True)
class _Line:
    """One line of the message: what it says, how far it may shrink, and how it looks."""

    text: str
    floor: int  #: visible characters it keeps before a more important line gives way
    markup: Callable[[str], str] = _as_is  #: around the escaped text
    plain: Callable[[str], str] = _plain
    around: int = 0  #: visible characters that `plain` adds
    is_link: bool = False

    @property
    def length(self) -> int:
        return 0 if self.is_link else len(self.text) + self.around


def alert_message(alert: Alert, *, team: bool = True) -> Message:
    """The message of one alert. Outside the team (`team` False) only an approved talking point is shown."""
    lines = _lines(alert, team=team)
    for budget in (VISIBLE, 700, 500, 300):
        fitted = _fit(lines, budget)
        text = "\n".join(x.plain(x.text) for x in fitted)
        html = "\n".join(x.markup(x.text if x.is_link else escape(x.text, quote=False)) for x in fitted)
        if utf16(html) <= UNITS and utf16(text) <= UNITS:
            break
    return Message(subject=_subject(alert), text=text, html=html, buttons=buttons(alert.case.id))


def as_email(message: Message) -> Message:
    """The same alert for a mailbox: a page instead of chat markup, no buttons."""
    body = (message.html or escape(message.text)).replace("\n", "<br>\n")
    page = environment().get_template("alert_email.html.j2").render(subject=message.subject, body=body)
    return Message(subject=message.subject, text=message.text, html=page)


def environment() -> Environment:
    """The templates of this package; everything is escaped unless marked safe."""
    return Environment(loader=PackageLoader("alerts"), autoescape=True, trim_blocks=True, lstrip_blocks=True)


def buttons(case_id: str) -> tuple[tuple[str, str], ...]:
    """The three buttons of a case.

    Raises:
        ValueError: the case id is too long for Telegram's 64 bytes.
    """
    made = tuple((label, f"v1:{action}:{case_id}") for label, action in BUTTONS)
    for _, payload in made:
        if len(payload.encode()) > CALLBACK_BYTES:
            raise ValueError(f"callback data longer than {CALLBACK_BYTES} bytes: {payload}")
    return made


def outside(text: str) -> str:
    """A stranger's words on one line: cleaned, masked, unable to imitate our own marks."""
    return " ".join(mask(clean(text.replace(CASE_NUMBER_SLOT, ""))).split())


def cut(text: str, limit: int) -> str:
    """`text` in at most `limit` characters, ending in "…" when cut; never inside a sign, preferably between words."""
    if len(text) <= limit:
        return text
    if limit < 2:
        return "…"[:limit]
    end = limit - 1
    while end > 0 and (unicodedata.combining(text[end]) or text[end] in _GLUED or text[end - 1] == "\u200d"):
        end -= 1
    space = text.rfind(" ", max(0, end - 20), end + 1)
    return text[: space if space > 0 else end].rstrip(" ,;:–-(“") + "…"


def utf16(text: str) -> int:
    """The length as Telegram counts it."""
    return len(text.encode("utf-16-le")) // 2


def _subject(alert: Alert) -> str:
    case = alert.case
    return cut(f"[{wording.level(case.severity)}] {wording.CLASSES[case.case_class]}: {outside(alert.article.title)}", 150)


def _lines(alert: Alert, *, team: bool) -> list[_Line]:
    case = alert.case
    head = f"{wording.LEVEL_SIGNS[case.severity]} {wording.level(case.severity)} · {wording.CLASSES[case.case_class]}"
    quote, title = outside(alert.passage), outside(alert.article.title) or "(không có tiêu đề)"
    found = [
        _Line(text=head, floor=len(head), markup="<b>{}</b>".format),
        _Line(text=title, floor=95, markup="<b>{}</b>".format),
        _Line(text=quote if quote != title else "", floor=115, markup="<blockquote>{}</blockquote>".format, plain="“{}”".format, around=2),
        _link(alert.article.url),
        _Line(text=_whence(alert), floor=120),
        _Line(text=_official(alert), floor=45),
        *_point(alert.points, case, team=team),
        _Line(text=_where(alert), floor=85),
        _Line(text=f"Vì sao: {outside('; '.join(case.why))}" if case.why else "", floor=50),
        _Line(text=f"Lưu ý: {alert.note}" if alert.note else "", floor=40),
        _Line(text=f"Vụ việc số {case.number or CASE_NUMBER_SLOT}", floor=20),
    ]
    return [x for x in found if x.text]


def safe_link(url: str) -> str:
    """The address when it may be clicked (http or https, a host, nothing invisible, of a sane length), else ""."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    sane = parts.scheme in ("http", "https") and parts.hostname and url.isprintable() and " " not in url
    sane = sane and mask(url, links=False) == url  # no handle of a person goes out in a link
    return url if sane and utf16(escape(url)) <= LONGEST_LINK and not leads_nowhere(url) else ""


def _link(url: str) -> _Line:
    if not safe_link(url):
        return _Line(text="Bài gốc: xem địa chỉ trong hệ thống", floor=40)
    return _Line(text=url, floor=0, markup=lambda u: f'<a href="{escape(u)}">Đọc bài gốc</a>', plain="Bài gốc: {}".format, is_link=True)


def _whence(alert: Alert) -> str:
    article = alert.article
    published = f"đăng {wording.moment(article.published_at)}" if article.published_from != "none" else "không rõ giờ đăng"
    outlet = cut(outside(alert.outlet), 40)
    told = f" · {alert.spread.outlets} nơi đăng" if alert.spread.outlets > 1 else ""
    return f"{outlet} ({wording.TIERS[alert.tier]}) · {published} · thấy {wording.moment(article.first_seen_at)} (+07:00){told}"


def _official(alert: Alert) -> str:
    if alert.tier in ("official", "ward"):
        return "Nguồn chính thức: chính bài này"
    return f"Nguồn chính thức: {'đã lên tiếng' if alert.spread.official else 'chưa thấy lên tiếng'}"


def _point(points: Sequence[TalkingPoint], case: Case, *, team: bool) -> list[_Line]:
    """The best talking point: its sentence may shrink, its document and its mark may not."""
    shown = [p for p in points if team or p.approved]
    if not shown:
        drafts = " đã duyệt" if points else ""
        return [_Line(text=f"Điểm phát ngôn: {wording.NO_TEXT}{drafts}", floor=60)]
    point = shown[0]
    label = "Đối chiếu: khác với văn bản" if case.case_class in DIFFERS else "Điểm phát ngôn"
    mark = "" if point.approved else f" [{wording.DRAFT}]"
    source = cut(wording.document(point.document), 120)
    return [
        _Line(text=f"{label}{mark}: {point.text}", floor=150),
        _Line(text=f"Văn bản: {source}", floor=95, markup="<i>{}</i>".format),
    ]


def _where(alert: Alert) -> str:
    parts = [
        f"Chủ đề: {'; '.join(cut(t, 45) for t in alert.topic_names[:2])}" if alert.topic_names else "",
        f"Xã, phường: {', '.join(alert.ward_names[:3])}" if alert.ward_names else "",
        f"Đơn vị: {alert.unit_name}" if alert.unit_name else "",
    ]
    return " · ".join(p for p in parts if p)


def _fit(lines: Sequence[_Line], budget: int) -> list[_Line]:
    """Give every line its floor, then what is left to the lines in order of importance; too little even so drops the last ones."""
    kept = list(lines)
    while len(kept) > 1 and sum(min(x.length, x.floor) for x in kept) + len(kept) > budget:
        kept.pop(max(i for i, x in enumerate(kept) if not x.is_link))
    left = budget - len(kept) - sum(min(x.length, x.floor) for x in kept)
    fitted: list[_Line] = []
    for line in kept:
        room = min(line.length, line.floor) + max(left, 0)
        taken = min(line.length, room)
        left -= max(0, taken - line.floor)
        fitted.append(line if line.is_link or line.length <= taken else _shorter(line, taken))
    return fitted


def _shorter(line: _Line, length: int) -> _Line:
    return _Line(text=cut(line.text, length - line.around), floor=line.floor, markup=line.markup, plain=line.plain, around=line.around)
