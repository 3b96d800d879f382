"""The weekly digest: a letter for the mailbox (page and picture) and plain text for a chat, from figures counted elsewhere."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts import chart, wording
from alerts.render import environment, outside, safe_link
from alerts.severity import rank
from monitor.figures import CaseFigures, DigestFigures, GroupCount, SilentSource, StoryFigures
from monitor.records import CaseState, Message, Sentiment

CHART = "bieu-do-theo-ngay"  #: content id of the picture
CHAT_CHARACTERS = 3_900  #: of a digest in a chat, below Telegram's bound
MOST_WARDS = 10
MOST_CASES = 15
MOST_MODELS = 5
MOST_SILENT = 20
_LONGEST_TITLE = 160


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of a table of the digest, ready to print."""

    title: str
    url: str = ""
    cells: tuple[str, ...] = ()
    strong: bool = False


def compose(
    figures: DigestFigures,
    *,
    week: str,
    office: str,
    key_phrases: Sequence[tuple[str, int]] | Sequence[str] = (),
    now: datetime,
    names: Mapping[str, str] | None = None,
) -> Message:
    """The digest of one ISO week ("2026-W46").

    `names`: Vietnamese names of topics (by id) and wards (by slug). Negative items are shown as the base has them: their
    share here is their share there.
    """
    shown = _shown(figures, week=week, office=office, key_phrases=key_phrases or figures.key_phrases, now=now, names=names or {})
    templates = environment()
    html = templates.get_template("digest.html.j2").render(shown)
    text = templates.get_template("digest.txt.j2").render(shown)
    subject = f"Bản tin tuần {_week(week)}: {wording.number(figures.relevant)} tin, bài liên quan, {len(figures.cases)} vụ việc"
    return Message(subject=subject, text=text.strip() + "\n", html=html, images={CHART: chart.by_day(figures.by_day)})


def for_chat(message: Message) -> Message:
    """The same digest for a chat: plain text in whole sections, as many as one message holds."""
    kept: list[str] = []
    for section in message.text.strip().split("\n\n"):
        if len("\n\n".join([*kept, section]).encode("utf-16-le")) // 2 > CHAT_CHARACTERS:
            kept.append("… Bản đầy đủ: xem thư điện tử hoặc lệnh monitor digest.")
            break
        kept.append(section)
    return Message(subject=message.subject, text="\n\n".join(kept))


def as_page(message: Message) -> str:
    """The digest as one file for a browser: the picture inside the page."""
    page = message.html or ""
    for cid, png in message.images.items():
        page = page.replace(f"cid:{cid}", f"data:image/png;base64,{base64.b64encode(png).decode()}")
    return page


def _shown(
    figures: DigestFigures, *, week: str, office: str, key_phrases: Sequence[object], now: datetime, names: Mapping[str, str]
) -> dict[str, object]:
    """Everything the two templates print, already in words."""
    models = [_story(s) for s in figures.good_models[:MOST_MODELS]]
    return {
        "office": office,
        "week": _week(week),
        "period": f"{wording.day(figures.start)} – {wording.day(figures.end - timedelta(days=1))}",
        "made_at": wording.moment(now),
        "chart": CHART,
        "figures": _figures(figures),
        "sentiments": _sentiments(figures),
        "topics": _groups(figures.by_topic, names, len(figures.by_topic)),
        "wards": _groups(figures.by_ward, names, MOST_WARDS),
        "more_wards": max(0, len(figures.by_ward) - MOST_WARDS),
        "stories": [_story(s) for s in figures.top_stories],
        "cases": [_case(c) for c in figures.cases[:MOST_CASES]],
        "more_cases": max(0, len(figures.cases) - MOST_CASES),
        "outcomes": [(wording.STATES[s], wording.number(figures.outcomes.get(s, 0))) for s in CaseState],
        "models": models,
        "more_models": max(0, len(figures.good_models) - MOST_MODELS),
        "silent": [_silent(s) for s in figures.silent_sources[:MOST_SILENT]],
        "more_silent": max(0, len(figures.silent_sources) - MOST_SILENT),
        "phrases": [_phrase(p) for p in key_phrases],
    }


def _figures(figures: DigestFigures) -> list[Row]:
    before = figures.previous
    rows = [
        ("Tin, bài đã đọc", figures.total, before.total),
        ("Liên quan đến chủ đề theo dõi", figures.relevant, before.relevant),
        ("… trong đó về Hà Nội", figures.hanoi, before.hanoi),
    ]
    return [Row(title=name, cells=(wording.number(n), wording.number(b), wording.change(n, b))) for name, n, b in rows]


def _sentiments(figures: DigestFigures) -> list[Row]:
    order: tuple[Sentiment, ...] = ("neg", "neu", "pos")
    before = figures.previous
    return [
        Row(
            title=wording.SENTIMENTS[s].capitalize(),
            cells=(
                wording.number(figures.by_sentiment.get(s, 0)),
                wording.percent(figures.by_sentiment.get(s, 0), figures.relevant),
                wording.percent(before.by_sentiment.get(s, 0), before.relevant),
            ),
        )
        for s in order
    ]


def _groups(groups: Sequence[GroupCount], names: Mapping[str, str], most: int) -> list[Row]:
    return [
        Row(
            title=_capital(wording.name_of(g.id, names)),
            cells=(wording.number(g.articles), wording.number(g.negative), wording.percent(g.negative, g.articles)),
        )
        for g in groups[:most]
    ]


def _story(story: StoryFigures) -> Row:
    spread = f"{wording.number(story.outlets)} nơi đăng, {wording.number(story.articles)} bài" if story.articles > 1 else "1 bài"
    tone = wording.SENTIMENTS[story.sentiment] if story.sentiment else ""
    level = story.severity or ""
    return Row(
        title=_title(story.title),
        url=safe_link(story.url),
        cells=(f"{outside(story.outlet)}, {wording.day(story.published_at)}", spread, tone, level),
        strong=level in ("S3", "S4"),
    )


def _case(figures: CaseFigures) -> Row:
    case = figures.case
    return Row(
        title=_title(case.title),
        url=safe_link(case.url),
        cells=(
            str(case.number),
            case.severity,
            wording.CLASSES[case.case_class],
            outside(figures.outlet),
            wording.moment(case.opened_at),
            wording.STATES[case.state],
        ),
        strong=rank(case.severity) >= rank("S3"),
    )


def _silent(source: SilentSource) -> Row:
    last = f"bài mới gần nhất {wording.moment(source.last_new_at)}" if source.last_new_at else "chưa từng có bài"
    return Row(title=outside(source.name), cells=(outside(source.reason), last))


def _phrase(phrase: object) -> str:
    match phrase:
        case (str(words), int(count)):
            return f"{outside(words)} ({wording.number(count)})"
        case _:
            return outside(str(phrase))


def _title(title: str) -> str:
    words = outside(title) or "(không có tiêu đề)"
    return words if len(words) <= _LONGEST_TITLE else words[: _LONGEST_TITLE - 1].rstrip() + "…"


def _week(week: str) -> str:
    year, _, number = week.partition("-W")
    return f"{int(number)}/{year}" if number.isdigit() else week


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
