"""A source's own CSS rules: where title, text and date stand on its pages, and which blocks are none of the article."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from lxml import etree
from lxml.cssselect import CSSSelector

from crawlers.pages import passages

_MOST = 50  #: elements of one selector that are read


def drop(tree: etree._Element, rules: Mapping[str, str]) -> None:
    """Take out of the tree what the rule `drop` names; a selector that is none drops nothing."""
    for element in _found(tree, rules.get("drop", "")):
        parent = element.getparent()
        if parent is None:
            continue
        if element.tail:
            before = element.getprevious()
            if before is None:
                parent.text = f"{parent.text or ''}{element.tail}"
            else:
                before.tail = f"{before.tail or ''}{element.tail}"
        parent.remove(element)


def text(tree: etree._Element, rules: Mapping[str, str], name: str) -> str:
    """The text of the elements that the rule `name` selects, one line a block, or "" when nothing does."""
    found = _found(tree, rules.get(name, ""))[:_MOST]
    if name == "published":
        moments = [moment for element in found if (moment := element.get("datetime") or element.get("content"))]
        if moments:
            return str(moments[0])
    held = set(found)
    chosen = [element for element in found if held.isdisjoint(element.iterancestors())]
    return "\n".join(line for element in chosen for line in passages.lines(passages.cut(element, judged=False)))


def _found(tree: etree._Element, selector: str) -> list[etree._Element]:
    compiled = _compiled(selector) if selector else None
    return [] if compiled is None else list(compiled(tree))


@lru_cache(maxsize=1000)
def _compiled(selector: str) -> CSSSelector | None:
    """The compiled selector, or None for one that is none (config is checked elsewhere)."""
    try:
        return CSSSelector(selector)
    except Exception as error:  # cssselect's errors share no public base below Exception
        if type(error).__module__.startswith("cssselect"):
            return None
        raise
