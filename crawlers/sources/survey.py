"""Looks at a site as a person would who wants to follow it: which feeds, sitemaps and lists of news has it, and do they work?

At most MAX_REQUESTS requests besides robots.txt, all through the door with its manners; what is found is read by the very collectors
that would read it on a schedule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urljoin, urlsplit

from crawlers import collect
from crawlers.documents import site_links
from crawlers.pages.dates import parse as parse_date
from crawlers.sources import register
from crawlers.tools import Tools
from crawlers.urls import canonical, registered_domain, resolve, same_site
from monitor.errors import FetchError, MonitorError
from monitor.records import Entry, Source, SourceState, Tier
from monitor.text import clean, fold

MAX_REQUESTS = 12
GUESSED = "đường dẫn thường gặp"  #: how a candidate of KNOWN was found
#: Where Vietnamese sites usually keep such things, the likeliest first.
KNOWN = (
    ("feed", "/rss/home.rss"), ("feed", "/rss"), ("sitemap", "/sitemap-news.xml"), ("feed", "/feed"), ("feed", "/rss.xml"),
    ("sitemap", "/news-sitemap.xml"), ("sitemap", "/sitemap.xml"), ("feed", "/home.rss"),
)  # fmt: skip
_KEPT_BACK = 5  #: requests left for the lists of news on the page itself
_PATIENCE = 2  #: refusals after which no more paths are guessed
_COSTS = {
    "feed": 1,
    "sitemap": 2,
    "listing": 1,
    "portal": 4,
}  #: requests of one reading, what lies below included
_STALE = timedelta(days=30)  #: the newest entry of a feed that has been given up
_OPTIONS: Mapping[str, Mapping[str, object]] = {"sitemap": {"maps": 1}}  #: for the trial only
_GENERAL = re.compile(r"home|trang-?chu|tin-moi|latest|index|tin-tuc(?:\.|$)|/(?:rss|feed|atom)(?:\.xml)?/?$", re.IGNORECASE)
_AUTHORITY = re.compile(r"(?:^|\.)gov\.vn$")


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One way to follow the site, as tried."""

    kind: str
    url: str
    how: str  #: where it was found, in Vietnamese
    title: str = ""  #: as the site calls it
    entries: int = 0
    newest: str = ""  #: the newest headline
    newest_at: datetime | None = None
    own: float = 0.0  #: share of the entries that lie on the same site, 0–1
    stale: bool = False  #: its newest entry is a month old or more
    problem: str = ""  #: why it cannot be used, in Vietnamese; "" when it can

    @property
    def works(self) -> bool:
        """True when it brings entries, most of them of the site itself."""
        return not self.problem and self.own >= 0.5


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What a site offers."""

    url: str  #: of the page, after redirects
    name: str = ""  #: of the site
    candidates: tuple[Candidate, ...] = ()  #: the best first
    untried: tuple[str, ...] = ()  #: feeds that the site names beyond those tried
    problem: str = ""  #: why nothing was found, in Vietnamese

    @property
    def best(self) -> Candidate | None:
        """The one to propose."""
        return next((one for one in self.candidates if one.works), None)


@dataclass
class _Walk:
    """One survey under way."""

    tools: Tools
    left: int = MAX_REQUESTS
    refusals: int = 0
    tried: dict[str, Candidate] = field(default_factory=dict)

    @property
    def found(self) -> bool:
        """True when something works already."""
        return any(one.works for one in self.tried.values())

    async def page(self, url: str) -> tuple[str, site_links.Found]:
        """Fetch a page and look at its links; the address is that after redirects."""
        self.left -= 1
        page = await self.tools.door.get(url, limit=self.tools.fetch.max_page_bytes, accept=collect.ACCEPT)
        return page.url, await self.tools.sandbox.run(site_links.find, page.body, page.charset, page.url)

    async def sitemaps(self, url: str) -> list[str]:
        """The sitemaps that robots.txt names; none when there is no such file."""
        self.left -= 1
        address = urljoin(url, "/robots.txt")
        try:
            page = await self.tools.door.get(address, limit=512_000, accept="text/plain, */*;q=0.1")
        except MonitorError:
            return []
        return site_links.sitemaps(page.body, address)

    async def attempt(self, kind: str, url: str, how: str, title: str = "", site: str = "") -> Candidate | None:
        """Read one candidate as its collector would; None when it was tried before or there are no requests left for it."""
        key = f"{kind} {canonical(url)}"
        if key in self.tried or self.left < _COSTS[kind]:
            return None
        self.left -= _COSTS[kind]
        source = Source(id="khao_sat", name="khảo sát", kind=kind, url=url, homepage=site, tier="national", options=_OPTIONS.get(kind, {}))
        candidate = Candidate(kind=kind, url=url, how=how, title=title)
        try:
            reading = await collect.discover(source, SourceState(source_id=source.id), self.tools)
        except MonitorError as error:
            candidate = replace(candidate, problem=str(error))
            if isinstance(error, FetchError):
                self.left += _COSTS[kind] - 1
                self.refusals += error.kind == "soft"
        else:
            candidate = _judged(candidate, reading.entries, site or url, self.tools.clock())
        self.tried[key] = candidate
        return candidate


async def survey(url: str, tools: Tools) -> Survey:
    """Look for feeds, sitemaps and news lists of the site at `url`; never raises for what the site does.

    Raises:
        MonitorError: `url` is no http(s) address.
    """
    start = resolve(url, url)
    if start is None:
        raise MonitorError(f"“{url:.200}” không phải địa chỉ http:// hoặc https:// dùng được.")
    walk = _Walk(tools)
    try:
        where, found = await walk.page(start)
    except MonitorError as error:
        return Survey(url=start, problem=_refused(error))
    if found["document"]:
        await walk.attempt(found["document"], where, "chính địa chỉ này")
        return _result(walk, where, "", [])
    official = _is_authority(where)
    if official:  # a portal's feeds are often a section or years old
        await walk.attempt("portal", where, "danh sách tin của cổng", site=where)
    feeds = await _promised(walk, where, found, most=2 if official else 4)
    for address in (await walk.sitemaps(where))[:1]:
        await walk.attempt("sitemap", address, "robots.txt", site=where)
    for kind, path in KNOWN:
        if walk.found or walk.refusals >= _PATIENCE or walk.left <= _KEPT_BACK:
            break
        await walk.attempt(kind, urljoin(where, path), GUESSED, site=where)
    if not walk.found:
        for kind in ("listing", "portal"):
            if (tried := await walk.attempt(kind, where, "danh sách tin trên trang", site=where)) and tried.works:
                break
    return _result(walk, where, found["name"], feeds)


async def _promised(walk: _Walk, where: str, found: site_links.Found, most: int) -> list[str]:
    """Try the most general feeds that the page names, and those of the page that lists feeds; return all of them."""
    feeds = list(found["feeds"])
    for overview in found["overviews"][:1]:
        try:
            place, below = await walk.page(overview)
        except MonitorError:
            continue
        feeds += [(place, "")] if below["document"] == "feed" else below["feeds"]
    for address, title in sorted(dict(feeds).items(), key=lambda feed: _generality(feed[0], where))[:most]:
        await walk.attempt("feed", address, "trang tự giới thiệu", title, site=where)
    return list(dict(feeds))


def _generality(address: str, where: str) -> tuple[bool, bool, int]:
    """Feeds of the whole site before those of a section, those of the site before a stranger's."""
    parts = urlsplit(address)
    return not same_site(address, where), not _GENERAL.search(parts.path), parts.path.count("/") + len(parts.query)


def _judged(candidate: Candidate, entries: tuple[Entry, ...], site: str, now: datetime) -> Candidate:
    if not entries:
        return replace(candidate, problem="đọc được nhưng không có mục nào mới trong mấy ngày qua")
    dated = [(parse_date(entry.published_raw, now), entry) for entry in entries]
    known = [(at, entry) for at, entry in dated if at is not None]
    at, newest = max(known, key=lambda pair: pair[0]) if known else (None, entries[0])
    own = sum(same_site(entry.url, site) or same_site(entry.url, candidate.url) for entry in entries) / len(entries)
    title = clean(re.sub("<[^>]*>", "", newest.title), 120)
    return replace(candidate, entries=len(entries), newest=title, newest_at=at, own=own, stale=at is not None and at < now - _STALE)


def _result(walk: _Walk, where: str, name: str, feeds: list[str]) -> Survey:
    order = ("portal", "feed", "sitemap", "listing") if _is_authority(where) else ("feed", "sitemap", "listing", "portal")

    def rank(one: Candidate) -> tuple[object, ...]:
        return not one.works, one.stale, order.index(one.kind), _generality(one.url, where), -one.entries

    ranked = sorted(walk.tried.values(), key=rank)
    tried = {canonical(one.url) for one in ranked}
    problem = "" if any(one.works for one in ranked) else _nothing(ranked)
    return Survey(
        url=where, name=name, candidates=tuple(ranked), untried=tuple(f for f in feeds if canonical(f) not in tried), problem=problem
    )


def _nothing(ranked: list[Candidate]) -> str:
    foreign = [one for one in ranked if not one.problem]
    if foreign:
        return "Trang chỉ có nguồn tin mà phần lớn mục dẫn sang trang của nơi khác"
    return "Trang đọc được nhưng không có RSS, sitemap hay danh sách tin nào dùng được (lý do từng nơi ở trên)"


def _refused(error: MonitorError) -> str:
    said = str(error).rstrip(".")
    if isinstance(error, FetchError) and error.kind == "soft":
        return f"{said}. Trang không cho đọc: không tìm tiếp và không vượt rào; hãy liên hệ trang hoặc dùng địa chỉ khác"
    return f"{said}. Chưa đọc được trang nên không tìm được gì"


def proposal(found: Survey, present: Mapping[str, Source], *, ward: str | None = None) -> Source | None:
    """The entry to propose for the best candidate; None when nothing works.

    What the register knows of the site is taken over; a page of a ward that has no source yet fills the ward's own entry.

    Args:
        found: the survey.
        present: the register, by id.
        ward: slug, when the operator knows it; otherwise the host under hanoi.gov.vn may tell.
    """
    best = found.best
    if best is None:
        return None
    host = _host(found.url)
    wards = {source.ward: source for source in present.values() if source.ward and source.tier == "ward"}
    ward = ward or _ward_of(host, wards)
    like = (wards.get(ward) if ward else None) or next((s for s in present.values() if host in (_host(s.homepage), _host(s.url))), None)
    tier: Tier = "ward" if ward else like.tier if like else "official" if _is_authority(found.url) else "national"
    entry = Source(
        id=register.new_id(_words(host), present), name=like.name if like else found.name or host, kind=best.kind, url=best.url,
        homepage=urljoin(found.url, "/"), tier=tier, ward=ward, official=like.official if like else tier in ("official", "ward"),
        access_basis=register.BASIS.get(best.kind, "public feed"),
    )  # fmt: skip
    return replace(entry, id=like.id, subject=like.subject) if like and ward and not like.url else entry


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _words(host: str) -> str:
    """What to call a site: "tin.baovidu.com.vn" → "baovidu tin"."""
    registered = registered_domain(f"https://{host}/")
    label = registered.split(".")[0]
    return host if label.isdigit() else f"{label} {host.removesuffix(registered)}"


def _ward_of(host: str, wards: Iterable[str | None]) -> str | None:
    """The ward whose name a host under hanoi.gov.vn begins with."""
    if not host.endswith(".hanoi.gov.vn"):
        return None
    label = re.sub("[^a-z0-9]", "", fold(host.split(".")[0]))
    return next((slug for slug in wards if slug and label in (bare := slug.replace("_", ""), f"phuong{bare}", f"xa{bare}")), None)


def _is_authority(url: str) -> bool:
    return bool(_AUTHORITY.search(urlsplit(url).hostname or ""))
