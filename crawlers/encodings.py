"""Bytes to Vietnamese text: believes no declared charset, undoes the old Vietnamese encodings, flags what it cannot undo.

Old portals still serve TCVN3, VISCII and windows-1258, often declared as UTF-8 or as nothing: without this they become
silent mojibake ("ChuyÓn ®æi sè") that no rule would ever match.
"""

from __future__ import annotations

import codecs
import re
import unicodedata

from crawlers.markup import visible_text

MOJIBAKE = "mojibake"  #: the note on text that is broken and could not be repaired

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,40})""", re.IGNORECASE)
_HEAD = 4096  #: bytes searched for a declaration
_SAMPLE = 400  #: words judged
_SAMPLE_CHARS = 400_000

# The upper halves of the two encodings that Python does not know (RFC 1456 and TCVN 5712-1, as glibc's iconv maps them).
_VISCII = "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡưàáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ"
_VISCII_LOW = {0x02: "Ẳ", 0x05: "Ẵ", 0x06: "Ẫ", 0x14: "Ỷ", 0x19: "Ỹ", 0x1E: "Ỵ"}
TCVN3 = (
    "ÀẢÃÁẠẶẬÈẺẼÉẸỆÌỈĨÍỊÒỎÕÓỌỘỜỞỠỚỢÙỦŨ\xa0ĂÂÊÔƠƯĐăâêôơưđẰ\u0300\u0309\u0303\u0301\u0323"
    "àảãáạẲằẳẵắẴẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉỄẾỒĩíịòỔỏõóọồổỗốộờởỡớợùỖủũúụừửữứựỳỷỹýỵỐ"
)


def _table(upper: str, low: dict[int, str] | None = None) -> dict[int, str]:
    """A translation from the letters that latin-1 or windows-1252 showed to those that were meant."""
    table = dict(low or {})
    for byte, letter in enumerate(upper, 0x80):
        table[byte] = letter
        shown = bytes([byte]).decode("cp1252", "ignore")
        if shown:
            table[ord(shown)] = letter
    return table


_TABLES = {
    "tcvn3": _table(TCVN3),
    "viscii": _table(_VISCII, _VISCII_LOW),
    "windows-1258": _table(bytes(range(0x80, 0x100)).decode("cp1258", "replace")),
}
_CP1252_BYTES = {ord(shown): byte for byte in range(0x80, 0xA0) if (shown := bytes([byte]).decode("cp1252", "ignore"))}

_ONSET = "ngh|ng|nh|gh|gi|kh|ch|ph|th|tr|qu|[bcdđghklmnpqrstvx]"
_RHYME = (
    "a(?:ch|nh|ng|[cimnoptuy])?|ă(?:ng|[cmnpt])|â(?:ng|[cmnptuy])|e(?:ng|[cmnopt])?|ê(?:ch|nh|[mnptu])?|i(?:ch|nh|[mnptu])?|ia|iê(?:ng|[cmnptu])"
    "|o(?:ng|[cimnpt])?|oa(?:ch|nh|ng|[cimnopty])?|oă(?:ng|[cmnt])|oe(?:[not])?|oo(?:ng|c)|ô(?:ng|[cimnpt])?|ơ(?:[imnpt])?|u(?:ng|[cimnpt])?"
    "|ua|uâ(?:ng|[nty])|uê(?:ch|nh|n)?|uô(?:ng|[cimnt])|uơ|uy(?:a|ch|nh|ên|êt|[nptu])?|ư(?:ng|[citu])?|ưa|ươ(?:ng|[cimnptu])|y|yê(?:ng|[mntu])"
)
_SYLLABLE = re.compile(rf"(?:{_ONSET})?(?:{_RHYME})")
_TONES = dict.fromkeys((0x300, 0x301, 0x303, 0x309, 0x323))
_GAP = r"\s<>&;.,:/\\()\[\]{}|\"'“”–—…!?*+=_#@%$0-9-"  # what stands between words; ‘ and ’ may be broken letters
_WORD = re.compile(rf"[^{_GAP}]*[^\x00-\x7f\s“”‘’–—…\xa0•][^{_GAP}]*")
# What broken Vietnamese looks like: signs inside words, capitals inside small words, traces of UTF-8 read as latin-1.
_BROKEN = re.compile(
    r"\ufffd|[a-zà-ÿ][À-ÖØ-Þ]|[A-Za-z](?:[¡-¨ª«¬\xad´¶-¹»-¿µ]|[®©](?=[a-zà-ÿ]))|[®µ¸©¶·¹¨¬§][a-zà-ÿ]|á[º»]"
    r"|[ÃÂÄÆ][\x80-\xbf\u2018-\u203a\u20ac\u0192\u2122]|[\x80-\x9f]|[aeoAEO][åûøõïä]|^ñ"
)


def decode(body: bytes, charset: str | None) -> tuple[str, str]:
    """Return the text of `body` and what was done: the encoding used, "… repaired", or MOJIBAKE at its end when it stays broken.

    `charset` is what the Content-Type header claimed. Never raises; undecodable bytes become U+FFFD.
    """
    text, note = read(body, charset)
    mended, repair = mend(text)
    return mended, f"{note}; {repair}" if repair else note


def read(body: bytes, charset: str | None) -> tuple[str, str]:
    """Return the text and the encoding used, as `decode`, but leave it to the caller to `mend` the parts that matter."""
    for bom, name in _BOMS:
        if body.startswith(bom):
            return body.decode(name, "replace"), name
    try:
        return body.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _guess(body, _claims(body, charset))


def mend(text: str) -> tuple[str, str]:
    """Return decoded text with a wrong decoding undone, and the note ("tcvn3 repaired", MOJIBAKE or "")."""
    if text.isascii():
        return text, ""
    words = _sample(text)
    if not words or not _looks_broken(words):
        return text, ""
    score = _score(words)
    best, best_score, name = text, score, ""
    for candidate, label in _readings(text):
        found = _score(_sample(candidate))
        if found > best_score:
            best, best_score, name = candidate, found, label
    if best_score >= 0.8 and best_score >= score + 0.2:
        return best, f"{name} repaired"
    return text, MOJIBAKE


def _claims(body: bytes, charset: str | None) -> list[str]:
    """Declared encodings that Python knows, the header's first, the web's names understood as browsers do."""
    found = [match.decode("ascii") for match in _DECLARED.findall(body[:_HEAD])[:2]]
    names: list[str] = []
    for claim in [charset or "", *found]:
        try:
            name = codecs.lookup(claim.strip()).name
        except (LookupError, ValueError):
            continue
        if name != "utf-8":  # tried before, and not true
            names.append("cp1252" if name in ("iso8859-1", "ascii") else name)
    return names


def _guess(body: bytes, claims: list[str]) -> tuple[str, str]:
    """The reading of bytes that are not UTF-8 with the most Vietnamese in it; of equals the declared one."""
    readings: list[tuple[str, str]] = []
    for name in [*claims, "cp1258", "cp1252"]:
        try:
            readings.append((unicodedata.normalize("NFC", body.decode(name, "replace")), name))
        except (LookupError, ValueError, UnicodeError):  # codecs that are no text encodings ("hex") among the claims
            continue
    raw = body.decode("latin-1")
    readings += [(unicodedata.normalize("NFC", raw.translate(_TABLES[name])), name) for name in ("tcvn3", "viscii")]
    readings.append((body.decode("utf-8", "replace"), "utf-8 with bad bytes"))
    scored = [(_score(_sample(text)), -index, text, name) for index, (text, name) in enumerate(readings)]
    _, _, text, name = max(scored)
    return text, "windows-1258" if name == "cp1258" else name


def _readings(text: str) -> list[tuple[str, str]]:
    """What the text may have been before somebody decoded it wrongly."""
    found = [(unicodedata.normalize("NFC", text.translate(table)), name) for name, table in _TABLES.items()]
    try:
        raw = bytes(b for c in text for b in _as_bytes(c))
        found.append((raw.decode("utf-8", "replace"), "utf-8 read as windows-1252"))
    except ValueError:
        pass
    return found


def _as_bytes(letter: str) -> bytes:
    """The byte that windows-1252 shows as this letter; letters it does not have stay as they are, in UTF-8."""
    code = _CP1252_BYTES.get(ord(letter), ord(letter))
    return bytes([code]) if code < 0x100 else letter.encode("utf-8", "replace")


def _sample(text: str) -> list[str]:
    """Words with letters beyond ASCII from the visible text."""
    visible = visible_text(text[:_SAMPLE_CHARS]) if "<" in text else text[:_SAMPLE_CHARS]
    words: list[str] = []
    for found in _WORD.finditer(visible):
        words.append(found.group()[:40])
        if len(words) == _SAMPLE:
            break
    return words


def _score(words: list[str]) -> float:
    """The share of words that are Vietnamese syllables, 0…1; without such words 0.5: nothing speaks for or against."""
    if not words:
        return 0.5
    return sum(_is_syllable(word) for word in words) / len(words)


def _is_syllable(word: str) -> bool:
    word = unicodedata.normalize("NFC", word)
    if not (word.islower() or word.isupper() or word.istitle()):
        return False
    bare = unicodedata.normalize("NFC", unicodedata.normalize("NFD", word.lower()).translate(_TONES))
    return _SYLLABLE.fullmatch(bare) is not None


def _looks_broken(words: list[str]) -> bool:
    broken = sum(_BROKEN.search(word) is not None for word in words)
    return broken * 5 >= len(words) and broken >= min(2, len(words))
