"""story: who told a story when, why each article belongs to it, what was edited afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import typer

from alerts.wording import HANOI_TIME, TIERS, moment
from crawlers.urls import article_id, canonical
from monitor.cli.common import DEFAULT_CONFIG, ConfigOption, load, notice, opened_store, say, to_json
from monitor.cli.sources_shown import when
from monitor.errors import MonitorError
from monitor.figures import CoverageRow, SearchFilters, Version
from monitor.records import Spread
from storage.store import Store

MOST = 500  #: articles shown of one story
DIFF_LINES = 12  #: of one edit without --full
DIFF_CHARS = 300  #: of one line of it


@dataclass(frozen=True, kw_only=True)
class Member:
    """One article of the story with what is known about it there."""

    row: CoverageRow
    why: str
    versions: tuple[Version, ...]


def register(cli: typer.Typer) -> None:
    """Add this command."""
    cli.command("story")(story)


def story(
    what: Annotated[str, typer.Argument(help="Mã sự việc, mã bài hoặc địa chỉ của một bài trong đó.", metavar="MÃ|ĐỊA_CHỈ")],
    config: ConfigOption = DEFAULT_CONFIG,
    full: Annotated[bool, typer.Option("--full", help="In trọn phần sửa của mỗi bài.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="In một đối tượng JSON.")] = False,
) -> None:
    """Một sự việc: các bài theo thứ tự thời gian, vì sao cùng sự việc, ai đăng đầu tiên, ai đăng lại, bài nào đã sửa."""
    store = opened_store(load(config))
    try:
        store.check_version()
        found = _story_id(store, what)
        rows = store.search("", SearchFilters(story=found), limit=MOST + 1)
        members = [_member(store, row) for row in sorted(rows[:MOST], key=lambda r: (r.published_at, r.article_id))]
        spread = store.spread(found)
    finally:
        store.close()
    if as_json:
        typer.echo(to_json(_plain(found, spread, members)))
        return
    _print(found, spread, members, full=full)
    if len(rows) > MOST:
        notice(f"Chỉ in {MOST} bài mới nhất của sự việc này.")


def _story_id(store: Store, what: str) -> str:
    """The story that `what` names: an address, an article or the story itself. Raises MonitorError when there is none."""
    if "://" in what:
        url = canonical(what)  # of a twin of an article the ledger knows where it led; the day matters to headlines only
        hit = store.article(article_id(url))
        if hit is None and (known := store.find_item(url_key=url, title="", day=date(2000, 1, 1))):
            hit = store.article(known[0])
        if hit is None:
            raise MonitorError(f"Kho không có bài nào ở địa chỉ {what}.")
    elif store.search("", SearchFilters(story=what), limit=1):
        return what
    else:
        hit = store.article(what)
        if hit is None:
            raise MonitorError(f"Không có sự việc hoặc bài nào mang mã “{what:.60}”; mã sự việc có trong monitor search … --json.")
    if not hit.story_id:
        raise MonitorError("Bài này chưa được xếp vào sự việc nào.")
    return hit.story_id


def _member(store: Store, row: CoverageRow) -> Member:
    article = store.article(row.article_id)
    return Member(row=row, why=article.story_why if article else "", versions=tuple(store.versions(row.article_id)))


def _print(story_id: str, spread: Spread, members: Sequence[Member], *, full: bool) -> None:
    first, last = members[0].row, members[-1].row
    say(first.title or "(không có tiêu đề)", style="bold")
    say(f"Sự việc {story_id}")
    voices = f", {spread.voices} người lên tiếng (không lưu tên)" if spread.voices else ""
    say(f"{spread.articles} bài, {spread.outlets} nơi đăng{voices}")
    say(f"Từ {moment(first.published_at)} đến {moment(last.published_at)} (+07:00); đăng đầu tiên: {first.outlet}")
    say(f"Nguồn chính thức: {'đã lên tiếng' if spread.official else 'chưa thấy lên tiếng'}")
    known = {m.row.article_id: m.row for m in members}
    for member in members:
        row = member.row
        say(f"\n{row.published_at.astimezone(HANOI_TIME):%H:%M %d/%m}  {row.outlet} ({TIERS.get(row.tier, row.tier)})", style="bold")
        say(f"  {row.title or '(không có tiêu đề)'}")
        say(f"  {row.url}")
        if row.duplicate_of:
            origin = known.get(row.duplicate_of)
            say(f"  Đăng lại bài của {origin.outlet} ({moment(origin.published_at)})" if origin else f"  Đăng lại bài {row.duplicate_of}")
        if member.why and row is not first:
            say(f"  {member.why[:1].upper()}{member.why[1:]}")
        for version in member.versions:
            _print_edit(version, full=full)


def _print_edit(version: Version, *, full: bool) -> None:
    say(f"  Sửa lần {version.version} lúc {moment(version.replaced_at)}:", style="yellow")
    lines = version.diff.splitlines()
    shown = lines if full else [f"{line[:DIFF_CHARS]}…" if len(line) > DIFF_CHARS else line for line in lines[:DIFF_LINES]]
    for line in shown:
        say(f"    {line}", style="red" if line.startswith("-") else "green")
    if len(shown) < len(lines):
        say(f"    … còn {len(lines) - len(shown)} dòng, xem trọn: --full")
    elif not lines:
        say("    (không ghi được phần khác nhau)")


def _plain(story_id: str, spread: Spread, members: Sequence[Member]) -> dict[str, object]:
    return {
        "story": story_id,
        "articles": spread.articles,
        "outlets": spread.outlets,
        "voices": spread.voices,
        "official": spread.official,
        "first_outlet": members[0].row.outlet,
        "members": [
            {
                "article": m.row.article_id,
                "outlet": m.row.outlet,
                "source": m.row.source_id,
                "tier": m.row.tier,
                "published_at": when(m.row.published_at),
                "title": m.row.title,
                "url": m.row.url,
                "why": m.why,
                "reprint_of": m.row.duplicate_of,
                "edits": [{"version": v.version, "replaced_at": when(v.replaced_at), "diff": v.diff} for v in m.versions],
            }
            for m in members
        ],
    }
