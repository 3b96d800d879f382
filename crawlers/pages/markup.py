"""HTML of strangers to plain text in one linear pass: no parser to hang, no tag to survive."""

from __future__ import annotations

import html
import re

_SKIPPED = frozenset(("script", "style", "noscript", "template", "svg", "iframe", "head", "title", "textarea", "select"))
_BLOCKS = frozenset(
    (
        *("p", "div", "br", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "header", "footer"),
        *("aside", "nav", "figure", "figcaption", "blockquote", "hr", "dd", "dt", "main", "form", "td", "th", "body", "option", "button"),
    )
)
_CLOSING = {tag: re.compile(rf"</{tag}\b", re.IGNORECASE) for tag in _SKIPPED}
_NAME = re.compile(r"/?([a-zA-Z][a-zA-Z0-9]*)")
_TAG = re.compile(r"</?(?P<name>[a-zA-Z!?][^\s<>/]*)(?P<rest>[^<>]*)>?")
_INLINE = re.compile(
    "a|abbr|acronym|address|applet|area|audio|b|base|basefont|bdi|bdo|big|blink|canvas|caption|center|cite|code|col|colgroup|data|datalist|del"
    "|details|dfn|dialog|dir|dl|em|embed|fieldset|font|frame|frameset|hgroup|html|i|image|img|input|ins|kbd|label|legend|link|listing|map|mark"
    "|marquee|math|menu|meta|meter|nobr|noembed|noframes|object|optgroup|output|param|picture|plaintext|portal|pre|progress|q|rb|rp|rt|ruby|s"
    "|samp|search|slot|small|source|span|strike|strong|sub|summary|sup|tbody|tfoot|thead|time|track|tt|u|var|video|wbr|xmp"
)
_ESCAPED = re.compile(r"&(?:[lg]t|amp|nbsp|quot|#\d{2,6}|#x[0-9a-fA-F]{2,6}|[a-zA-Z]{3,8});")
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")


def plain_text(markup: str) -> str:
    """Return the visible text of an HTML document or fragment, one line per block, entities resolved, no tags left."""
    text = html.unescape(visible_text(markup))
    for _ in range(2):  # escaped twice or thrice, as in many feeds
        if _TAG.search(text) or _ESCAPED.search(text):
            text = html.unescape(visible_text(text))
    return _LINES.sub("\n", _SPACES.sub(" ", without_tags(text))).strip()


def without_tags(text: str) -> str:
    """Return text in which nothing is left that a browser could take for a tag; "3 < 5" and what stood in ‹angle quotes› stay."""
    if "<" not in text:
        return text
    text = _TAG.sub(_without_tag, text)
    return _TAG.sub(" ", text).replace("<", "‹") if _TAG.search(text) else text


def _without_tag(found: re.Match[str]) -> str:
    name = found["name"].lower()
    if name in _BLOCKS or name in _SKIPPED or _INLINE.fullmatch(name) or not name.isalpha() or "=" in found["rest"]:
        return " "
    return f"‹{found['name']}{found['rest']}›"


def visible_text(markup: str) -> str:
    """Return the text between the tags, entities as they are; the contents of scripts, styles and comments left out."""
    parts: list[str] = []
    unclosed: set[str] = set()  # looked for once in vain: looking again for each would be quadratic
    at = 0
    while (start := markup.find("<", at)) >= 0:
        parts.append(markup[at:start])
        if markup.startswith("<!--", start):
            end = markup.find("-->", start + 4)
            at = len(markup) if end < 0 else end + 3
            continue
        name = _NAME.match(markup, start + 1)
        if name is None and not markup.startswith(("<!", "<?", "</"), start):
            parts.append("<")
            at = start + 1
            continue
        end = markup.find(">", start)
        at = len(markup) if end < 0 else end + 1
        tag = name[1].lower() if name else ""
        if tag in _BLOCKS:
            parts.append("\n")
        elif tag in _SKIPPED and tag not in unclosed and markup[start + 1] != "/":
            closing = _CLOSING[tag].search(markup, at)
            if closing:
                at = closing.start()
            elif tag in ("script", "style"):
                break
            else:
                unclosed.add(tag)
    else:
        parts.append(markup[at:])
    return "".join(parts)
