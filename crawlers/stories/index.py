"""Puts each item into its story as it arrives, says why in Vietnamese, and spots reprints. Online; the cost of one item stays flat.

Items meet through an inverted index of their rarest phrases; the few that meet are compared exactly. A shared ward, number or
day is evidence for one story, different ones are evidence against it, however alike the wording (notices are templates).
What is decided depends on the items that are known, not on the order in which they were remembered: a restart changes nothing.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Protocol

import numpy as np

from crawlers.stories import explain, features, likeness
from crawlers.stories.copies import Copies
from crawlers.stories.features import Features
from crawlers.stories.likeness import Rarity, Weighed
from crawlers.stories.postings import Postings, When
from monitor.records import Placement

STRANGERS = -6.0  #: score of two notices of one template about different things
FRIENDS = 2.0  #: the mean score against a story's last members may lie that much below zero
NEAR = 2.0  #: an item of another ward that scores within this of zero is named as the reason to stand alone

_INDEXED = 40  #: strongest features of an item that lead to it
_NEWEST = 30  #: items kept per feature
_CANDIDATES = 8
_LESS = -features.MARK_WEIGHTS * np.log(features.PRIOR_ITEMS / features.MARK_PRIORS)


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

    @property
    def duplicate_of(self) -> str | None:
        """The article that it reprints."""


@dataclass(frozen=True, slots=True)
class _Item:
    """An item that was placed."""

    when: When
    found: Features
    placement: Placement


@dataclass(frozen=True, slots=True)
class _Match:
    """An earlier item that shares something rare with the new one."""

    item: _Item
    score: float  #: log-odds of one story
    copied: bool
    clash: str  #: what contradicts, in Vietnamese; "" when nothing does
    gap: timedelta


class StoryIndex:
    """The items of the last `window`, ready to receive the next one. Not thread-safe: one caller at a time."""

    def __init__(self, window: timedelta) -> None:
        self._window = window
        self._items: dict[str, _Item] = {}
        self._by_age: list[When] = []  # a heap
        self._newest = -inf
        self._postings = Postings(_NEWEST)
        self._copies = Copies()
        self._rarity = Rarity()

    def __len__(self) -> int:
        return len(self._items)

    def place(self, *, id: str, title: str, text: str, published_at: datetime, source_id: str) -> Placement:
        """Decide where an item belongs and remember it. An id that was placed before keeps its place.

        Returns:
            The story (its id is that of its first item), the earlier item it reprints, if any, and why.
        """
        if id in self._items:
            return self._items[id].placement
        when = (published_at.timestamp(), id)
        self._forget_before(min(self._newest, when[0]) - self._window.total_seconds())
        found = features.read(title, text)
        placement = self._decided(when, found)
        self._add(_Item(when, found, placement))
        return placement

    def remember(self, past: Known) -> None:
        """Take in an article whose story is already known, without deciding anything."""
        if past.article_id not in self._items:
            placement = Placement(story_id=past.story_id, duplicate_of=past.duplicate_of, why="đã xếp từ trước")
            self._add(_Item((past.published_at.timestamp(), past.article_id), features.read(past.title, past.text), placement))

    def forget(self, id: str) -> bool:
        """Drop one item; its story and copies keep their names. False when it is not known."""
        item = self._items.pop(id, None)
        if item is not None:
            self._rarity.remove(item.found.codes)
            self._postings.remove(_leading(item.found), item.when)
            self._copies.remove(item.when)
        return item is not None

    def forget_before(self, moment: datetime) -> None:
        """Drop the items published before `moment`."""
        self._forget_before(moment.timestamp())

    def _forget_before(self, moment: float) -> None:
        while self._by_age and self._by_age[0][0] < moment:
            self.forget(heapq.heappop(self._by_age)[1])

    def _add(self, item: _Item) -> None:
        self._items[item.when[1]] = item
        self._rarity.add(item.found.codes)
        self._postings.add(_leading(item.found), item.when)
        self._copies.add(item.when, item.found.prints)
        heapq.heappush(self._by_age, item.when)
        self._newest = max(self._newest, item.when[0])

    # -- deciding

    def _decided(self, when: When, found: Features) -> Placement:
        matches = self._matches(when, found)
        for match in matches:
            if match.copied and not match.clash:
                placement = match.item.placement
                original = placement.duplicate_of or match.item.when[1]
                return Placement(story_id=placement.story_id, duplicate_of=original, why=explain.copy(match.gap))
        for match in matches:
            if match.score > 0 and not (match.copied and match.clash) and _among_friends(match, matches):
                why = explain.same_story(found, match.item.found, match.gap)
                return Placement(story_id=match.item.placement.story_id, duplicate_of=None, why=why)
        near = next((m for m in matches if m.clash and (m.copied or m.score > -NEAR)), None)
        return Placement(story_id=when[1], duplicate_of=None, why=explain.new_story(near.clash if near else ""))

    def _matches(self, when: When, found: Features) -> list[_Match]:
        """The items that share something rare, compared exactly, the likest first."""
        item = Weighed.of(found, self._rarity)
        copies = self._copies.find(found.prints)
        near = [self._items[id] for id in dict.fromkeys([*copies, *self._candidates(item)])]
        near = [other for other in near if abs(other.when[0] - when[0]) <= self._window.total_seconds()]
        clashes = [_clash(found, other.found, copies.get(other.when[1])) for other in near]
        days = [abs(when[0] - other.when[0]) / 86400 for other in near]
        scores = likeness.score(likeness.evidence(item, [n.found for n in near], days, [bool(c) for c in clashes], self._rarity))
        matches = [
            _Match(other, float(score), other.when[1] in copies, clash, timedelta(seconds=when[0] - other.when[0]))
            for other, score, clash in zip(near, scores, clashes, strict=True)
        ]
        return sorted(matches, key=lambda m: (-m.score, m.item.when))

    def _candidates(self, item: Weighed) -> list[str]:
        """The few items that share most of the item's strongest features."""
        strongest = np.argsort(-item.strength, kind="stable")[:_INDEXED]
        scores = self._postings.tally(item.found.codes[strongest].tolist(), (item.strength[strongest] ** 2).tolist())
        return heapq.nsmallest(_CANDIDATES, scores, key=lambda id: (-scores[id], id))


def _clash(found: Features, other: Features, wording: float | None) -> str:
    """What contradicts one story; `wording` is the share that a copy has in common."""
    return explain.clash(found, other) if wording is None else explain.template_clash(found, other, wording)


def _leading(found: Features) -> list[int]:
    """The features that lead to an item: those that matter most, whatever else is known."""
    leading: list[int] = found.codes[np.argsort(_LESS[found.marks], kind="stable")[:_INDEXED]].tolist()
    return leading


def _among_friends(match: _Match, matches: list[_Match]) -> bool:
    """Guard against chains: the story's other members that were met must not be strangers to the item."""
    met = [STRANGERS if m.copied and m.clash else m.score for m in matches if m.item.placement.story_id == match.item.placement.story_id]
    return sum(met) / len(met) >= -FRIENDS
