"""Puts each item into its story as it arrives, says why in Vietnamese, and spots reprints. Online; the cost of one item stays flat.

Items meet through an inverted index of their rarest phrases; the few that meet are compared exactly. A shared ward, number or
day is evidence for one story, different ones are evidence against it, however alike the wording (notices are templates).
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from crawlers import explain, features, fingerprint
from crawlers.features import Facts, Features
from crawlers.fingerprint import Prints
from monitor.records import Placement

JOIN_SHORT, JOIN_LONG = 0.59, 0.34  #: likeness from which two items tell one story: headline and summary only, and whole articles
SHORT, LONG = 80, 300  #: features of such items
TITLE_SHARE = 0.6  #: weight of how much of each headline the other item says
TITLE_BOTH = 0.6  #: of that, the part that both sides must confirm
SAME_HEADLINE = 0.5  #: share of each headline found in the other item, from which two headlines are one template
DAY_COST = 0.15  #: likeness lost for each day between two items
MAX_DAYS_COST = 4.0
WARD_COST, PROVINCE_COST = 0.4, 0.1  #: likeness lost when places differ
STRANGERS = -1.0  #: likeness of two notices of one template about different things
FRIENDS = 0.25  #: the mean likeness to a story's last members may be that much lower than the best one

_INDEXED = 40  #: rarest features of an item that lead to it
_POSTINGS = 60  #: newest items kept per feature
_CANDIDATES, _COPIES = 8, 4
_TABLE_BITS = 20
_PRUNE_EVERY = 256


class Known(Protocol):
    """A stored article, as much as the index wants to know of it."""

    @property
    def article_id(self) -> str:
        """Its id."""

    @property
    def source_id(self) -> str:
        """The id of its source."""

    @property
    def title(self) -> str:
        """Its headline."""

    @property
    def text(self) -> str:
        """Its text."""

    @property
    def published_at(self) -> datetime:
        """Aware."""

    @property
    def story_id(self) -> str:
        """The story it was put into."""


@dataclass(frozen=True, slots=True)
class _Item:
    """An item taken apart, with the rarity that its features had when it came."""

    id: str
    published_at: datetime
    hashes: NDArray[np.uint32]
    strength: NDArray[np.float32]  #: weight × rarity of each feature
    norm: float
    title: NDArray[np.intp]  #: where the headline's features stand in `hashes`
    title_rarity: NDArray[np.float32]  #: as shares of one
    headline: Facts
    lead: Facts
    opening: str  #: headline and lead as printed, for quoting
    prints: Prints
    indexed: NDArray[np.uint32]  #: its rarest features, which lead to it

    def says(self, code: int) -> bool:
        """True when the feature of this hash stands anywhere in the item."""
        at = int(self.hashes.searchsorted(np.uint32(code)))
        return at < len(self.hashes) and int(self.hashes[at]) == code


@dataclass(frozen=True, slots=True)
class _Match:
    """An earlier item that shares something rare with the new one."""

    item: _Item
    story_id: str
    likeness: float
    enough: float  #: likeness needed to join
    copied: bool
    clash: str  #: what contradicts, in Vietnamese; "" when nothing does


class StoryIndex:
    """The items of the last `window`, ready to receive the next one. Not thread-safe: one caller at a time."""

    def __init__(self, window: timedelta) -> None:
        self._window = window
        self._items: dict[str, _Item] = {}
        self._placements: dict[str, Placement] = {}
        self._by_feature: dict[int, list[str]] = {}
        self._by_print: dict[int, list[str]] = {}
        self._counts = np.zeros(1 << _TABLE_BITS, dtype=np.int32)  # how many items hold a feature; collisions only blur rarity
        self._placed = 0
        self._newest: datetime | None = None

    def __len__(self) -> int:
        return len(self._items)

    def place(self, *, id: str, title: str, text: str, published_at: datetime, source_id: str) -> Placement:
        """Decide where an item belongs and remember it. An id that was placed before keeps its place.

        Returns:
            The story (its id is that of its first item), the earlier item it reprints, if any, and why.
        """
        if id in self._placements:
            return self._placements[id]
        self._prune(published_at)
        found = features.read(title, text)
        item = self._taken_apart(id, found, published_at)
        placement = self._decide(item)
        self._add(item, placement)
        return placement

    def remember(self, past: Known) -> None:
        """Take in an article whose story is already known, without deciding anything."""
        if past.article_id not in self._placements:
            placement = Placement(story_id=past.story_id, duplicate_of=None, why="đã xếp từ trước")
            self._add(self._taken_apart(past.article_id, features.read(past.title, past.text), past.published_at), placement)

    def forget_before(self, moment: datetime) -> None:
        """Drop the items published before `moment`."""
        for item in [item for item in self._items.values() if item.published_at < moment]:
            self._drop(item)

    # -- deciding

    def _taken_apart(self, id: str, found: Features, at: datetime) -> _Item:
        counted = self._counts[_slots(found.hashes)]
        rarity = np.log((features.PRIOR_ITEMS + len(self._items)) / (found.priors + counted)).clip(min=0).astype(np.float32)
        strength = found.weights * rarity
        title = found.hashes.searchsorted(found.title)
        return _Item(
            id=id,
            published_at=at,
            hashes=found.hashes,
            strength=strength,
            norm=float(np.sqrt(strength @ strength)) or 1.0,
            title=title,
            title_rarity=rarity[title] / (float(rarity[title].sum()) or 1.0),
            headline=found.headline,
            lead=found.lead,
            opening=found.opening,
            prints=fingerprint.fingerprint(found.view),
            indexed=found.hashes[np.argsort(-strength)[:_INDEXED]],
        )

    def _decide(self, item: _Item) -> Placement:
        matches = self._matches(item)
        for match in matches:
            if match.copied and not match.clash:
                original = self._placements[match.item.id].duplicate_of or match.item.id
                why = explain.copy(item.published_at - match.item.published_at)
                return Placement(story_id=match.story_id, duplicate_of=original, why=why)
        for match in matches:
            if match.likeness >= match.enough and _among_friends(match, matches):
                phrases = explain.shared(item.opening, match.item.opening)
                why = explain.same_story(phrases, item.published_at - match.item.published_at)
                return Placement(story_id=match.story_id, duplicate_of=None, why=why)
        near = next((m for m in matches if m.clash and (m.copied or m.likeness + WARD_COST >= m.enough)), None)
        return Placement(story_id=item.id, duplicate_of=None, why=explain.new_story(near.clash if near else ""))

    def _matches(self, item: _Item) -> list[_Match]:
        """The items that share something rare, compared exactly, the likest first."""
        return sorted((self._compared(item, other) for other in self._candidates(item)), key=lambda m: -m.likeness)

    def _compared(self, item: _Item, other: _Item) -> _Match:
        copied = fingerprint.is_copy(item.prints, other.prints)
        likeness, headlines = _likeness(item, other)
        if copied:
            clash = explain.template_clash(item, other, same_headline=headlines >= SAME_HEADLINE)
        else:
            clash = explain.clash(item, other)
        days = abs((item.published_at - other.published_at).total_seconds()) / 86400
        likeness -= DAY_COST * min(days, MAX_DAYS_COST)
        if clash:
            likeness = STRANGERS if copied else likeness - WARD_COST
        if _elsewhere(item, other):
            likeness -= PROVINCE_COST
        share = min(max((min(len(item.hashes), len(other.hashes)) - SHORT) / (LONG - SHORT), 0), 1)
        enough = JOIN_SHORT + share * (JOIN_LONG - JOIN_SHORT)
        story_id = self._placements[other.id].story_id
        return _Match(item=other, story_id=story_id, likeness=likeness, enough=enough, copied=copied, clash=clash)

    def _candidates(self, item: _Item) -> list[_Item]:
        """The few items within the window that share most of the rarest features, and those that share a rare trigram."""
        scores: dict[str, float] = {}
        for feature, strength in zip(item.indexed.tolist(), np.sort(item.strength)[::-1].tolist(), strict=False):
            for id in self._by_feature.get(feature, ()):
                scores[id] = scores.get(id, 0.0) + strength * strength
        copies = Counter(id for key in fingerprint.keys(item.prints) for id in self._by_print.get(key, ()))
        likely = heapq.nlargest(_CANDIDATES, scores, key=lambda id: scores[id])
        likely += [id for id, _ in copies.most_common(_COPIES) if id not in likely]
        return [other for other in (self._items[id] for id in likely) if abs(other.published_at - item.published_at) <= self._window]

    # -- counting

    def _add(self, item: _Item, placement: Placement) -> None:
        self._items[item.id] = item
        self._placements[item.id] = placement
        np.add.at(self._counts, _slots(item.hashes), 1)
        _post(self._by_feature, item.indexed.tolist(), item.id)
        _post(self._by_print, fingerprint.keys(item.prints), item.id)
        self._newest = item.published_at if self._newest is None else max(self._newest, item.published_at)

    def _drop(self, item: _Item) -> None:
        del self._items[item.id], self._placements[item.id]
        np.subtract.at(self._counts, _slots(item.hashes), 1)
        _unpost(self._by_feature, item.indexed.tolist(), item.id)
        _unpost(self._by_print, fingerprint.keys(item.prints), item.id)

    def _prune(self, at: datetime) -> None:
        """Now and then drop what no new item can meet any more."""
        self._placed += 1
        if self._placed % _PRUNE_EVERY == 0 and self._newest is not None:
            self.forget_before(min(self._newest, at) - self._window)


def _slots(hashes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    slots: NDArray[np.uint32] = hashes >> np.uint32(32 - _TABLE_BITS)
    return slots


def _among_friends(match: _Match, matches: list[_Match]) -> bool:
    """Guard against chains: the story's other members that were met must not be strangers to the item."""
    met = [m.likeness for m in matches if m.story_id == match.story_id]
    return sum(met) / len(met) >= match.enough - FRIENDS


def _elsewhere(one: _Item, other: _Item) -> bool:
    """True when both name provinces and none is the same."""
    mine, theirs = one.headline.provinces | one.lead.provinces, other.headline.provinces | other.lead.provinces
    return bool(mine) and bool(theirs) and not mine & theirs


def _likeness(one: _Item, other: _Item) -> tuple[float, float]:
    """Cosine of the weighted features plus how much of each headline, by rarity, the other item says; and the less of the two."""
    if not len(one.hashes) or not len(other.hashes):
        return 0.0, 0.0
    at = np.minimum(other.hashes.searchsorted(one.hashes), len(other.hashes) - 1)
    held = other.hashes[at] == one.hashes
    at = at[held]
    cosine = float(one.strength[held] @ other.strength[at]) / (one.norm * other.norm)
    held_back = np.zeros(len(other.hashes), dtype=np.bool_)
    held_back[at] = True
    a, b = float(one.title_rarity @ held[one.title]), float(other.title_rarity @ held_back[other.title])
    return cosine + TITLE_SHARE * (TITLE_BOTH * (a + b) / 2 + (1 - TITLE_BOTH) * max(a, b)), min(a, b)


def _post(index: dict[int, list[str]], keys: Iterable[int], id: str) -> None:
    for key in keys:
        ids = index.setdefault(key, [])
        ids.append(id)
        if len(ids) > _POSTINGS:
            del ids[0]


def _unpost(index: dict[int, list[str]], keys: Iterable[int], id: str) -> None:
    for key in keys:
        ids = index.get(key)
        if ids is None or id not in ids:
            continue
        ids.remove(id)
        if not ids:
            del index[key]
