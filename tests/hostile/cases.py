"""All of them."""

from __future__ import annotations

from tests.hostile import servers, structure, words
from tests.hostile.case import Hostile

CASES: tuple[Hostile, ...] = tuple(
    case
    for family in (
        structure.attributes, structure.cdata, structure.entities, structure.nesting, structure.volume, structure.ids,
        words.scripts, words.links, words.dates, words.encodings, words.letters,
        servers.compression, servers.transport, servers.redirects, servers.impostors, servers.cut,
    )
    for case in family()
)  # fmt: skip
