"""Web addresses: resolving links of strangers, and one canonical form per article so that twins meet in one key."""

from __future__ import annotations

import html
import posixpath
import re
import unicodedata
from functools import lru_cache
from hashlib import blake2b
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urljoin, urlsplit

MAX_URL = 2000  #: characters; longer addresses are traps, not articles

_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*|\[[0-9a-f:.]+\]")
_BLANK = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060\ufeff\ud800-\udfff]")
# An address that already stands in its final form, as nearly all in feeds do: nothing to decode, to join or to encode.
_PLAIN = re.compile(
    r"https?://(?P<host>(?:[a-z0-9]+(?:-+[a-z0-9]+)*\.)+[a-z0-9]+)(?P<path>/(?:[\w~-][\w.~-]*(?:/[\w~-][\w.~-]*)*/?)?)"
    r"(?:\?(?P<query>[\w.~-]+=[\w.~-]*(?:&[\w.~-]+=[\w.~-]*)*))?",
    re.ASCII,
)
_SAFE_PATH = "/:@!$&'()*+,;=~-._"

# Hosts of the same article for a phone, a cache or an old habit.
_TWIN_LABELS = ("www", "m", "amp", "mobile", "wap", "touch")
_SUFFIXES = frozenset(
    (
        "com.vn",
        "gov.vn",
        "edu.vn",
        "org.vn",
        "net.vn",
        "info.vn",
        "name.vn",
        "ac.vn",
        "id.vn",
        "io.vn",
        "ai.vn",
        "biz.vn",
        "pro.vn",
        "health.vn",
        "int.vn",
        "blogspot.com",
        "wordpress.com",
        "github.io",
        "co.uk",
        "com.au",
        "com.cn",
        "co.jp",
        "co.kr",
    )
)
_AMP_CACHE = re.compile(r"/(?:[a-z]/)?(?:s/)?(?P<rest>[^/]+\.[a-z]{2,}(?:/.*)?)$")

_TRACKING_PREFIXES = ("utm_", "itm_", "at_", "vn_", "fb_", "_x_tr_", "mc_", "pk_", "mtm_", "hsa_", "ga_", "zalo_", "tt_")
_TRACKING = frozenset(
    (
        *("fbclid", "gclid", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid", "ttclid", "igshid", "igsh", "gidzl"),
        *("_ga", "_gl", "_gid", "cmpid", "ncid", "ocid", "spm", "ref_src", "ref_url", "rss_source", "mibextid", "rdid", "s_cid", "wt_mc"),
        *("amp", "_amp", "outputtype", "print", "phpsessid", "jsessionid", "__twitter_impression", "share_id", "sharetype", "ns_campaign"),
        *("ns_mchannel", "ns_source", "guccounter", "guce_referrer", "guce_referrer_sig", "zarsrc", "zanpid", "wt_zmc"),
    )
)
# Too general to drop by name: dropped only when the value names a channel.
_CHANNEL_KEYS = frozenset(("ref", "from", "src", "source", "via", "share", "rss", "medium", "referrer"))
_CHANNELS = frozenset(
    (
        *("rss", "feed", "atom", "facebook", "fb", "zalo", "twitter", "x", "telegram", "tele", "google", "gg", "coccoc"),
        *("home", "trangchu", "email", "newsletter", "app", "share", "social"),
    )
)

_INDEX_PAGE = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?|jsp)$", re.IGNORECASE)
_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?;]*", re.IGNORECASE)
_AMP_SUFFIX = re.compile(r"(?:(?<=\.html)|(?<=\.htm)|(?<=\.chn)|(?<=\.epi)|(?<=\.vnp))\.amp$|/amp(?:\.html)?$|(?<=\d)-amp(?=\.html?$)")
_YOUTUBE_PATH = re.compile(r"/(?:shorts|live|embed|v)/([\w-]{6,})")


def resolve(base: str, href: str) -> str | None:
    """Return `href` as an absolute http(s) URL without a fragment, percent-encoded, or None when it is nothing to fetch.

    Refused: other schemes, user names in the address, backslashes, odd hosts and ports, more than MAX_URL characters.
    """
    if len(href) <= MAX_URL and _PLAIN.fullmatch(href) and ("&" not in href or html.unescape(href) == href):
        return href
    href = _BLANK.sub("", html.unescape(href)).strip()
    if not href or href.startswith("#") or "\\" in href or len(href) > MAX_URL:
        return None
    try:
        parts = urlsplit(urljoin(base, href))
        host = _host(parts)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        return None
    where = host if port is None else f"{host}:{port}"
    found = f"{parts.scheme}://{where}{_encode(parts.path, _SAFE_PATH) or '/'}"
    if parts.query:
        found += "?" + _encode(parts.query, _SAFE_PATH + "?")
    return found if len(found) <= MAX_URL else None


def canonical(url: str) -> str:
    """Return the key of the article behind `url`: one spelling for its phone, AMP, shared and printed twins.

    Made for comparing, not for fetching: always https, no www. What `resolve` refuses comes back stripped only.
    """
    if (plain := _PLAIN.fullmatch(url)) and (known := _plain_canonical(plain, url)):
        return known
    fetchable = resolve(url, url)
    if fetchable is None:
        return url.strip()
    parts = urlsplit(_out_of_cache(fetchable))
    host = _host(parts)
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    path = _AMP_SUFFIX.sub("", _path(parts.path))
    query = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _is_tracking(k, v)]
    host, path, query = _youtube(_without_twin_labels(host), path, query)
    if not query:
        path = _INDEX_PAGE.sub("/", path)
    if path.startswith("/amp/") and len(path) > 5:
        path = path[4:]
    path = path.rstrip("/") or "/"
    tail = "?" + urlencode(sorted(query), quote_via=quote) if query else ""
    return f"https://{host}{port}{path}{tail}"


def _plain_canonical(plain: re.Match[str], url: str) -> str | None:
    """The canonical form of an address in its final form; None when it needs a closer look."""
    host, path, query = plain.groups()
    low = path.lower()
    if "/amp" in low or ".amp" in low or "-amp" in low or low.rpartition("/")[2].startswith(("index.", "default.")) or len(url) > MAX_URL:
        return None
    known, pairs = _plain_host(host), []
    path = path.rstrip("/") or "/"
    if query:
        if "&" in query and html.unescape(query) != query:
            return None
        pairs = sorted((k, v) for k, _, v in (pair.partition("=") for pair in query.split("&")) if not _is_tracking(k, v))
    if "youtu" in known:
        known, path, pairs = _youtube(known, path, pairs)
    return f"https://{known}{path}{'?' if pairs else ''}{'&'.join(f'{k}={v}' for k, v in pairs)}" if known else None


@lru_cache(4096)
def _plain_host(host: str) -> str:
    """A host without the labels of its twins; "" for caches, whose paths hold another address."""
    return "" if "ampproject" in host or "google." in host else _without_twin_labels(host)


def without_tracking(url: str) -> str:
    """Return `url` as people should see and open it: fetchable as before, without the parameters that only count clicks."""
    parts = urlsplit(url)
    if not parts.query:
        return url
    kept = [pair for pair in parts.query.split("&") if not _is_tracking(*(unquote(part) for part in pair.partition("=")[::2]))]
    return parts._replace(query="&".join(kept)).geturl()


def article_id(canonical_url: str) -> str:
    """Return the id of the article at a canonical URL: 16 bytes of blake2b as hex."""
    return blake2b(canonical_url.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def same_site(url: str, other: str) -> bool:
    """True when both addresses lie under one registered domain (tuoitre.vn and cuoituan.tuoitre.vn)."""
    return registered_domain(url) == registered_domain(other) != ""


def registered_domain(url: str) -> str:
    """Return the part of the host that somebody registered: "baochinhphu.vn", "hanoi.gov.vn", "vov.com.vn"; "" without a host."""
    try:
        host = _host(urlsplit(url))
    except ValueError:
        return ""
    labels = host.split(".")
    if host.startswith("[") or all(label.isdigit() for label in labels):
        return host
    size = 3 if ".".join(labels[-2:]) in _SUFFIXES else 2
    return ".".join(labels[-size:])


def _host(parts: SplitResult) -> str:
    """The host in ASCII and lower case, full-width look-alikes undone; "" when it is none. Raises ValueError."""
    host = (parts.hostname or "").rstrip(".")
    if not host:
        return ""
    if ":" in host:
        host = f"[{host}]"
    elif not host.isascii():
        host = unicodedata.normalize("NFKC", host).encode("idna").decode("ascii").lower()
    return host if _HOST.fullmatch(host) else ""


def _encode(text: str, safe: str) -> str:
    """Percent-encode what must be, without encoding twice."""
    return quote(unicodedata.normalize("NFC", text), safe=safe + "%")


def _path(path: str) -> str:
    path = _SESSION.sub("", path)
    path = quote(unicodedata.normalize("NFC", unquote(path)), safe=_SAFE_PATH) if "%" in path and "%2F" not in path.upper() else path
    path = posixpath.normpath(re.sub("/{2,}", "/", path or "/"))
    return "/" if path == "." else path


def _is_tracking(key: str, value: str) -> bool:
    key = key.lower()
    if key in _TRACKING or key.startswith(_TRACKING_PREFIXES):
        return True
    return key in _CHANNEL_KEYS and value.lower() in _CHANNELS


def _without_twin_labels(host: str) -> str:
    first, _, rest = host.partition(".")
    while first in _TWIN_LABELS and "." in rest and rest not in _SUFFIXES:
        host = rest
        first, _, rest = host.partition(".")
    return host


def _out_of_cache(url: str) -> str:
    """The address inside a Google AMP viewer or AMP cache address."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    inside = host.endswith(".cdn.ampproject.org") or (host.removeprefix("www.").startswith("google.") and parts.path.startswith("/amp/"))
    found = _AMP_CACHE.match(parts.path.removeprefix("/amp")) if inside else None
    if found is None:
        return url
    rest = found["rest"] + (f"?{parts.query}" if parts.query else "")
    return resolve(url, f"https://{rest}") or url


def _youtube(host: str, path: str, query: list[tuple[str, str]]) -> tuple[str, str, list[tuple[str, str]]]:
    """One spelling for a video's many addresses."""
    video = ""
    if host == "youtu.be":
        video = path.strip("/")
    elif host in ("youtube.com", "youtube-nocookie.com"):
        found = _YOUTUBE_PATH.match(path)
        video = found[1] if found else dict(query).get("v", "") if path == "/watch" else ""
    return ("youtube.com", "/watch", [("v", video)]) if video else (host, path, query)
