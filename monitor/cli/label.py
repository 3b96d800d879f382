"""label: puts before a person the items whose check teaches most, and keeps what the person says."""

from __future__ import annotations

import random
import re
import secrets
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from alerts.wording import moment, number
from classifiers import promoted, review
from monitor.app import utc_now
from monitor.cli.common import DEFAULT_CONFIG, ConfigOption, load, notice, opened_store, say, to_json
from monitor.cli.label_answers import FIELDS, HINTS, MANY, TITLES, choices, read_lines, shown, typed
from monitor.config import Config
from monitor.errors import MonitorError
from monitor.figures import Answer, Field, Recorded, Stream
from monitor.records import Article, Tags
from storage.corrections import current
from storage.store import Store

POOL = 5_000  #: the newest articles that a batch is drawn from
LEAD = 400  #: characters of the text that are shown
_ROLE = re.compile(r"[a-z0-9][a-z0-9_.-]{1,39}")
_SKIP, _END, _HELP = ("b", "bo qua"), ("q", "dung"), "?"


class Skipped(Exception):
    """The person does not want to judge this item."""


class Ended(Exception):
    """The person has done enough, perhaps in the middle of an item."""

    values: Mapping[Field, tuple[str, ...]] = {}  #: what was answered of it


def register(cli: typer.Typer) -> None:
    """Add this command."""
    cli.command("label")(label)


def role(given: str) -> str:
    """A role or account id as it may stand in the base.

    Raises:
        MonitorError: it is none.
    """
    if not _ROLE.fullmatch(given):
        raise MonitorError(
            f"--as “{given:.40}”: cần mã vai trò hoặc tài khoản (2–40 chữ thường không dấu, số, dấu . _ -), ví dụ truc_ban_1; "
            "không ghi họ tên."
        )
    return given


def model_in_use(store: Store, settings: Config) -> str:
    """The version of the model that a service on this database uses."""
    head = store.promoted()
    return head.version if head and head.manifest else promoted.shipped(settings.models_dir)


def label(
    account: Annotated[str, typer.Option("--as", help="Mã vai trò hoặc tài khoản của người kiểm tra, ví dụ truc_ban_1; không ghi họ tên.")],
    config: ConfigOption = DEFAULT_CONFIG,
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=500, help="Số bài của một lượt.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="In lượt bài dạng JSON Lines rồi thôi, để trả lời ở nơi khác.")] = False,
    answers: Annotated[Path | None, typer.Option("--import", help="Nhập các câu trả lời (JSON Lines) thay vì hỏi.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Số gieo của phần bốc ngẫu nhiên.")] = None,
) -> None:
    """Kiểm tra nhãn: 60% bài máy phân vân, 20% bốc ngẫu nhiên, 20% quy tắc và mô hình nói khác nhau; không bài nào hỏi hai lần."""
    if as_json and answers is not None:
        raise MonitorError("Chọn một trong hai: --json hoặc --import.")
    account = role(account)
    settings = load(config)
    store = opened_store(settings)
    try:
        store.check_version()
        if answers is not None:
            _import(store, settings, account, answers)
            return
        chance = random.Random(secrets.randbits(64) if seed is None else seed)  # noqa: S311  # a draw, no secret
        batch = review.choose(store.unchecked(account, POOL), count, chance)
        if not batch:
            notice("Không còn bài nào chưa kiểm tra cho tài khoản này.")
        elif as_json:
            _print(store, account, batch)
        else:
            _ask_all(store, settings, account, batch)
    finally:
        store.close()


def _import(store: Store, settings: Config, account: str, file: Path) -> None:
    told = read_lines(file.read_bytes(), str(file))
    for number_of, answer in enumerate(told, 1):
        if not store.has_article(answer.article_id):
            raise MonitorError(f"Tệp {file}, câu trả lời thứ {number_of}: không có bài mã “{answer.article_id:.40}” trong cơ sở dữ liệu.")
    done = _record(store, settings, account, told)
    changed = sum(c.old != c.new for c in done.corrections)
    known = f"; {number(done.known)} bài đã ghi từ trước" if done.known else ""
    say(f"Đã ghi {number(len(done.corrections))} nhãn ({number(changed)} nhãn sửa lại){known}.")
    if done.refused:
        raise MonitorError(_over(settings, account, done.refused))


def _record(store: Store, settings: Config, account: str, told: list[Answer]) -> Recorded:
    per_day = settings.learning.corrections_per_day
    return store.record(told, account=account, model=model_in_use(store, settings), per_day=per_day, now=utc_now())


def _over(settings: Config, account: str, refused: int) -> str:
    return (
        f"{number(refused)} bài chưa được ghi: tài khoản {account} vượt hạn {number(settings.learning.corrections_per_day)} nhãn một ngày "
        "(khóa learning.corrections_per_day); hãy ghi tiếp vào ngày mai."
    )


def _print(store: Store, account: str, batch: list[tuple[Stream, str]]) -> None:
    for stream, article_id in batch:
        article, tags = store.article(article_id), store.tags(article_id)
        if article is not None and store.offer(account, article_id, stream, utc_now()):
            typer.echo(to_json(as_plain(store, article, tags, stream)))


def as_plain(store: Store, article: Article, tags: Tags, stream: Stream) -> dict[str, Any]:
    """One item of a batch for JSON."""
    return {
        "id": article.id,
        "title": article.title,
        "lead": _lead(article),
        "url": article.url,
        "outlet": _outlet(store, article),
        "published_at": article.published_at.isoformat(),
        "stream": stream,
        "uncertain": sorted(tags.values("uncertain")),
        "labels": {f: list(now) if f in MANY else next(iter(now), None) for f in FIELDS for now in [current(tags, f)]},
        "why": {f: [reason for x in tags.all(f) for reason in x.why] for f in FIELDS if any(x.why for x in tags.all(f))},
    }


def _lead(article: Article) -> str:
    text = " ".join(article.text.split())
    return text if len(text) <= LEAD else f"{text[:LEAD].rsplit(' ', 1)[0]} …"


def _outlet(store: Store, article: Article) -> str:
    source = store.source(article.source_id)
    return source.name if source else article.source_id


def _ask_all(store: Store, settings: Config, account: str, batch: list[tuple[Stream, str]]) -> None:
    say("Enter: giữ nhãn đang có · ?: xem các giá trị · b: bỏ qua bài · q: dừng", style="dim")
    judged = changed = 0
    for place, (stream, article_id) in enumerate(batch, 1):
        left = settings.learning.corrections_per_day - store.corrections_today(account, utc_now())
        if left < len(FIELDS):  # an item is written whole or not at all
            raise MonitorError(_over(settings, account, len(batch) - place + 1))
        article, tags = store.article(article_id), store.tags(article_id)
        if article is None or not store.offer(account, article_id, stream, utc_now()):
            continue
        _show(store, article, tags, f"{place}/{len(batch)}", utc_now())
        ended = False
        try:
            values = _ask(tags)
        except Skipped:
            continue
        except Ended as end:
            values, ended = end.values, True
        if ended and not values:
            break
        done = _record(store, settings, account, [Answer(article_id=article_id, values=values)])
        if done.refused:
            raise MonitorError(_over(settings, account, len(batch) - place + 1))
        judged, changed = judged + bool(done.corrections), changed + sum(c.old != c.new for c in done.corrections)
        if ended:
            break
    say(f"\nĐã ghi {number(judged)} bài, sửa {number(changed)} nhãn. Cảm ơn.")


def _show(store: Store, article: Article, tags: Tags, place: str, now: datetime) -> None:
    say(f"\n{place}  {article.title}", style="bold")
    say(f"     {_outlet(store, article)}, {moment(article.published_at)}")
    say(f"     {article.url}")
    say(f"     {_lead(article)}")
    doubts = [TITLES[f] for f in FIELDS if f in tags.values("uncertain")]
    if doubts:
        say(f"     Máy phân vân: {', '.join(doubts)}", style="yellow")


def _ask(tags: Tags) -> Mapping[Field, tuple[str, ...]]:
    """The answers to one item; of an irrelevant one nothing more is asked."""
    values: dict[Field, tuple[str, ...]] = {}
    for field in FIELDS:
        try:
            values[field] = _ask_field(field, current(tags, field), tags)
        except Ended as end:
            end.values = values
            raise
        if values["relevance"] == ("no",):
            break
    return values


def _ask_field(field: Field, now: tuple[str, ...], tags: Tags) -> tuple[str, ...]:
    reasons = list(dict.fromkeys(reason for x in tags.all(field) for reason in x.why))[:4]
    why = f"  vì {'; '.join(reasons)}" if reasons else ""
    say(f"  {TITLES[field]}: {shown(field, now)}{why}")
    while True:
        text = _read_line(f"    [{HINTS[field]}] ")
        if not text:
            if now or field in MANY:
                return now
            say("    Máy chưa gắn nhãn này, hãy chọn một giá trị.", style="yellow")
        elif text.lower() in _SKIP:
            raise Skipped
        elif text.lower() in _END:
            raise Ended
        elif text == _HELP:
            say("\n".join(f"      {value}: {name}" for value, name in choices(field).items()))
        else:
            try:
                return typed(field, text)
            except MonitorError as error:
                say(f"    {error}", style="yellow")


def _read_line(prompt: str) -> str:
    """One line of standard input; its end, or Ctrl-C, ends the session with what was answered before kept."""
    if sys.stdin.isatty():
        sys.stdout.write(prompt)
        sys.stdout.flush()
    try:
        line = sys.stdin.readline()
    except (KeyboardInterrupt, UnicodeDecodeError):
        raise Ended from None
    if not line:
        raise Ended
    return line.strip()
