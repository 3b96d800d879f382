"""Cuts the names of people out of posts and thread pages. Pure; run it where it may be killed."""

from __future__ import annotations

# Who wrote, who is quoted or mentioned, and the forum's own links below a shortened post.
_PEOPLE = (
    "//*[contains(@class,'bbCodeBlock-title') or contains(@class,'bbCodeBlock-expandLink') or contains(@class,'attribution')"
    " or contains(@class,'message-name') or contains(@class,'message-user') or contains(@class,'p-description')"
    " or contains(@class,'author') or @itemprop='author' or @rel='author' or (self::meta and contains(@name,'author'))]"
)
_MENTIONS = "//*[(self::a or self::span) and (contains(@class,'username') or @data-user-id or contains(@href,'/members/'))]"
_MORE = frozenset({"đọc tiếp", "đọc thêm", "xem thêm", "read more", "continue reading"})


def without_names(markup: str) -> str:
    """Return a post or a thread's page without the names of people: who wrote, who is quoted or mentioned, and "read more" links."""
    from lxml import html  # late: only the sandbox's child pays for it

    if "<" not in markup:
        return markup
    whole = "<html" in markup[:5_000].lower()
    tree = html.document_fromstring(markup) if whole else html.fragment_fromstring(markup, create_parent="div")
    for node in tree.xpath(_PEOPLE):
        if node.getparent() is not None:
            node.drop_tree()
    for node in tree.xpath(_MENTIONS):
        node.attrib.clear()  # the address of a profile is a name too
        node.text = "@…"
        for child in list(node):
            child.drop_tree()
    for node in tree.xpath("//a"):
        if (node.text_content() or "").strip(" .…»>\u00a0").lower() in _MORE:
            node.drop_tree()
    found: str = html.tostring(tree, encoding="unicode")
    return found
