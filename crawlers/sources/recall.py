"""How much is missed: two paths to one outlet compared, and the weekly hand check (R1). Pure; chance is an argument."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from urllib.parse import urlsplit

from crawlers.people import is_people
from crawlers.urls import registered_domain
from monitor.errors import MonitorError
from monitor.figures import SampleItem
from monitor.records import Source, Tier

Interval = tuple[float, float]

Z = 1.959964  #: of a 95 % interval
FIRST_PATH = frozenset({"feed"})
SECOND_PATH = frozenset({"sitemap", "listing", "portal", "json_api"})
CAVEAT = (
    "Hai đường lấy tin của một trang thường do chung một hệ quản trị nội dung sinh ra nên không độc lập với nhau: "
    "tỷ lệ bao phủ tính được là mức cao nhất có thể, mức thật có thể thấp hơn. Chỉ so được khi hai đường cùng một phạm vi chuyên mục."
)

SAMPLE_SIZE = 50  #: R1
ANYWHERE = "(bất kỳ nơi nào)"  #: rows that no register can answer for: what it does not list is missed by every other row
ANYWHERE_SHARE = 0.2
#: How many of the outlets of a tier come round before the next tier's turn. Posts of private people are not sampled: copied by hand
#: they would pass the masking.
TURNS: dict[Tier, int] = {"national": 3, "city": 3, "official": 2, "province": 1, "ward": 1, "foreign": 1}
PLACES = (
    "trang chủ hoặc chuyên mục của chính nơi này",
    "công cụ tìm kiếm (Google, Cốc Cốc), giới hạn theo trang và ngày",
    "trang chủ hoặc chuyên mục của chính nơi này",
    "bản điểm báo, báo in hoặc bản tin của đơn vị khác",
)
SEARCH = "công cụ tìm kiếm, từ khóa “chuyển đổi số Hà Nội” và tương tự, giới hạn theo ngày"


def chapman(first: int, second: int, both: int) -> tuple[float, float, float]:
    """Estimate how many items there were from two captures (Chapman 1951), with a 95 % interval.

    The interval is log-normal in the number that neither saw (Chao 1987): it never falls below what was seen. Its use here rests on
    two paths that miss items independently; those of one content system do not, and the estimate is then too low (see `CAVEAT`).

    Args:
        first: items over the first path.
        second: items over the second.
        both: items over both, at most either.

    Returns:
        The estimate, its lower and its upper bound.
    """
    if not 0 <= both <= min(first, second):
        raise ValueError(f"{both} of {first} and {second}")
    seen = first + second - both
    unseen = (first - both) * (second - both) / (both + 1)
    if unseen == 0:
        return float(seen), float(seen), float(seen)
    variance = (first + 1) * (second + 1) * (first - both) * (second - both) / ((both + 1) ** 2 * (both + 2))
    factor = math.exp(Z * math.sqrt(math.log1p(variance / unseen**2)))
    return seen + unseen, seen + unseen / factor, seen + unseen * factor


def wilson(found: int, checked: int) -> Interval:
    """The 95 % interval of a share (Wilson 1927); (0, 1) of nothing."""
    if not checked:
        return 0.0, 1.0
    share, zz = found / checked, Z * Z
    middle = share + zz / (2 * checked)
    reach = Z * math.sqrt(share * (1 - share) / checked + zz / (4 * checked * checked))
    low, high = ((middle + side) / (1 + zz / checked) for side in (-reach, reach))
    return (0.0 if found == 0 else low), (1.0 if found == checked else high)


def two_path_outlets(sources: Iterable[Source]) -> list[tuple[str, list[str], list[str]]]:
    """(outlet, sources of the first path, of the second) for every outlet (one `site`) that is read over both."""
    paths: dict[str, tuple[list[Source], list[Source]]] = {}
    for source in sources:
        if source.kind in FIRST_PATH | SECOND_PATH and source.enabled and source.url:
            paths.setdefault(site(source.homepage or source.url), ([], []))[source.kind in SECOND_PATH].append(source)
    return [
        (min((s.name for s in first), key=len), [s.id for s in first], [s.id for s in second])
        for _, (first, second) in sorted(paths.items())
        if first and second
    ]


def site(address: str) -> str:
    """What counts as one outlet's own site: the registered domain; of authorities, who share theirs, the host."""
    domain = registered_domain(address)
    return (urlsplit(address).hostname or "").removeprefix("www.") if domain.endswith("gov.vn") else domain


def outlets(sources: Iterable[Source]) -> list[tuple[str, Tier]]:
    """The outlets that a hand check can ask for: each `site` once, enabled or not (what is off is missed too), without private people."""
    found: dict[str, tuple[str, Tier]] = {}
    for source in sources:
        if not is_people(source) and source.tier in TURNS:
            found.setdefault(site(source.homepage or source.url) or source.name, (source.name, source.tier))
    return list(found.values())


def week_days(week: str) -> list[date]:
    """The seven days of an ISO week ("2026-W47"). Raises MonitorError when it is none."""
    try:
        year, _, number = week.partition("-W")
        monday = date.fromisocalendar(int(year), int(number), 1)
        if f"{monday.isocalendar().year}-W{monday.isocalendar().week:02d}" != week:
            raise ValueError
        return [monday + timedelta(days=n) for n in range(7)]
    except (ValueError, OverflowError):
        raise MonitorError(f"Tuần “{week}” không hợp lệ, cần dạng 2026-W47.") from None


def draw(week: str, outlets: Sequence[tuple[str, Tier]], rng: random.Random, size: int = SAMPLE_SIZE) -> list[SampleItem]:
    """Draw what a person is to look up elsewhere: outlet and day; address and headline are theirs to find.

    Stratified: tiers take turns as `TURNS` says, an outlet comes a second time only after all of its tier, days come equally often;
    `ANYWHERE_SHARE` of the rows name no outlet. The same seed draws the same.

    Args:
        week: "2026-W47".
        outlets: (name, tier); see `outlets`.
        rng: where chance comes from.
        size: rows.
    """
    days = [day for _ in range(size // 7 + 1) for day in rng.sample(week_days(week), 7)]
    free = size if not outlets else round(size * ANYWHERE_SHARE)
    asked = [*_in_turn(outlets, rng, size - free), *[ANYWHERE] * free]
    return [SampleItem(number=n, outlet=outlet, day=day) for n, (outlet, day) in enumerate(zip(asked, days, strict=False), 1)]


def instruction(item: SampleItem) -> str:
    """Where to look, and which of the items found there to copy: settled beforehand, so that nobody picks what is surely there."""
    place = SEARCH if item.outlet == ANYWHERE else PLACES[item.number % len(PLACES)]
    return f"{place}; lấy bài liên quan thứ {item.number % 3 + 1} (ít hơn thì bài cuối; không có thì để trống)"


def _in_turn(outlets: Sequence[tuple[str, Tier]], rng: random.Random, size: int) -> list[str]:
    names = {tier: [name for name, of in outlets if of == tier] for tier in TURNS}
    round_of = [tier for tier, turns in TURNS.items() if names[tier] for _ in range(turns)]
    waiting: dict[Tier, list[str]] = {tier: [] for tier in TURNS}
    drawn: list[str] = []
    while round_of and len(drawn) < size:
        for tier in rng.sample(round_of, len(round_of)):
            waiting[tier] = waiting[tier] or rng.sample(names[tier], len(names[tier]))
            drawn.append(waiting[tier].pop())
    return rng.sample(drawn[:size], min(size, len(drawn)))
