"""Bytes to Vietnamese text: believes no declared charset, undoes the old Vietnamese encodings, flags what it cannot undo.

Old portals still serve TCVN3, VISCII, VNI and windows-1258, often declared as UTF-8 or as nothing: without this they become
silent mojibake ("ChuyÓn ®æi sè") that no rule would ever match.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable

from crawlers.pages.markup import visible_text

MOJIBAKE = "mojibake"  #: the note on text that is broken and could not be repaired
LOST = "letters lost"  #: the note on good text with places in it that no reading brings back

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
# VNI-Windows writes a letter and its mark as two; "A" with "ù" is "Á". The marks are those of windows-1252.
_VNI_MARKS = {
    "a": dict(zip("ùøûõïâáàåãäêéèúüë", "áàảãạâấầẩẫậăắằẳẵặ", strict=True)),
    "e": dict(zip("ùøûõïâáàåãä", "éèẻẽẹêếềểễệ", strict=True)),
    "o": dict(zip("ùøûõïâáàåãä", "óòỏõọôốồổỗộ", strict=True)),
    "ô": dict(zip("ùøûõï", "ớờởỡợ", strict=True)),
    "u": dict(zip("ùøûõï", "úùủũụ", strict=True)),
    "ö": dict(zip("ùøûõï", "ứừửữự", strict=True)),
    "y": dict(zip("ùøûõ", "ýỳỷỹ", strict=True)),
}
_VNI = {base + mark: letter for base, marks in _VNI_MARKS.items() for mark, letter in marks.items()}
_VNI |= dict(zip("ôöñíìæóòî", "ơưđíìỉĩịỵ", strict=True))
_VNI |= {pair[0].upper() + mark: letter.upper() for pair, letter in _VNI.items() for mark in {pair[1:], pair[1:].upper()}}
_VNI_LETTER = re.compile("|".join(sorted(map(re.escape, _VNI), key=len, reverse=True)))
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
_WORD = re.compile(rf"[^{_GAP}]+")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f\s“”‘’–—…\xa0•]")
# What broken Vietnamese looks like: signs inside words, capitals inside small words, traces of UTF-8 read as latin-1.
_BROKEN = re.compile(
    r"\ufffd|[a-zà-ÿ][À-ÖØ-Þ]|[A-Za-z](?:[¡-¨ª«¬\xad´¶-¹»-¿µ]|[®©](?=[a-zà-ÿ]))|[®µ¸©¶·¹¨¬§][a-zà-ÿ]|á[º»]"
    r"|[ÃÂÄÆ][\x80-\xbf\u2018-\u203a\u20ac\u0192\u2122]|[\x80-\x9f]|[aeoAEO][åûøõïäÅÛØÕÏÄ]|^[ñÑ]|[öÖ][ùøûõïÙØÛÕÏôÔ]"
    r"|[aA][âáàãêéèúüùÂÁÀÃÊÉÈÚÜÙ]|[eE][âáàÂÁÀ]|[oO][âÂ]|[ôÔ][ùøûõïÙØÛÕÏ]|[uU][ùøûõïÙØÛÕÏ]"
)
_BROKEN_ANYWHERE = re.compile(_BROKEN.pattern.replace("|^[ñÑ]", r"|\b[ñÑ]"))
_JUDGED = 20_000  #: characters of broken text that the readings are compared on
_CERTAIN = re.compile(r"\ufffd|á[º»]|[ÃÂÄÆ][\x80-\xbf\u2018-\u203a\u20ac\u0192\u2122]|[\x80-\x9f]")  #: no language writes so
_FEW = 0.03  #: of all words; one broken word in a long text is a trade mark or a foreign name


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
    wide = _wide(body)
    if wide:
        return body.decode(wide, "replace"), wide
    try:
        return body.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _guess(body, _claims(body, charset))


def mend(text: str) -> tuple[str, str]:
    """Return decoded text with a wrong decoding undone, and the note ("tcvn3 repaired", MOJIBAKE or "")."""
    if text.isascii():
        return text, ""
    words = _sample(text)
    if not _BROKEN_ANYWHERE.search(" ".join(words) if "<" in text else text):
        return text, ""
    if not _looks_broken(words, text):
        return _mend_lines(text) if "\n" in text else (text, "")
    score = _score(words)
    broken = _broken_parts(text)
    scored = [(_score(_sample(reader(broken))), name) for name, reader in _READERS.items()]
    best, name = max(scored, key=lambda pair: pair[0])
    if best >= 0.8 and best >= score + 0.2:
        return _SEGMENT.sub(lambda found: _better(found.group(), _READERS[name]), text), f"{name} repaired"
    return text, MOJIBAKE


def _better(segment: str, reader: Callable[[str], str]) -> str:
    """A piece of text as the reader has it, unless it was better before: a page may be broken in parts."""
    if segment.isascii():
        return segment
    words = _sample(segment)
    read_again = unicodedata.normalize("NFC", reader(segment))
    gain = _score(_sample(read_again)) - _score(words)
    return read_again if gain > 0 or (gain == 0 and any(_BROKEN.search(word) for word in words)) else segment


def _broken_parts(text: str) -> str:
    """The pieces between tags and line ends with broken words in them, as many as are judged."""
    found: list[str] = []
    size = 0
    for segment in _SEGMENT.finditer(visible_text(text[:_SAMPLE_CHARS]) if "<" in text else text[:_SAMPLE_CHARS]):
        if _BROKEN_ANYWHERE.search(segment.group()):
            found.append(segment.group())
            size += len(segment.group())
            if size > _JUDGED:
                break
    return "\n".join(found)


def _mend_lines(text: str) -> tuple[str, str]:
    """A good text with some broken lines (a quotation pasted from an old page): each line for itself."""
    mended = [(line, "") if line.isascii() or len(line) < 20 else mend(line) for line in text.split("\n")]
    notes = list(dict.fromkeys(note for _, note in mended if note))
    repaired = [note for note in notes if note != MOJIBAKE]
    lost = sum(len(line) for line, note in mended if note == MOJIBAKE)
    if lost * 5 >= len(text):
        return text, MOJIBAKE
    return "\n".join(line for line, _ in mended), "; ".join(repaired + [LOST] * (lost > 0))


def _wide(body: bytes) -> str:
    """The name of the encoding for UTF-16 without its byte order mark, else ""."""
    head = body[:_HEAD]
    if head.count(0) * 4 < len(head) or len(head) < 4:
        return ""
    name = "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"
    shown = body[: len(head) & ~1].decode(name, "replace")
    return name if sum(c.isprintable() or c.isspace() for c in shown) > 0.95 * len(shown) else ""


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
    readings.append((_from_vni(raw), "vni"))
    readings.append((body.decode("utf-8", "replace"), "utf-8 with bad bytes"))
    scored = [(_score(_sample(text)), -index, text, name) for index, (text, name) in enumerate(readings)]
    _, _, text, name = max(scored)
    return text, "windows-1258" if name == "cp1258" else name


def _by_table(table: dict[int, str]) -> Callable[[str], str]:
    return lambda text: text.translate(table)


def _reread(text: str) -> str:
    """Text whose UTF-8 bytes were shown as windows-1252, with the bytes put back."""
    return bytes(b for c in text for b in _as_bytes(c)).decode("utf-8", "replace")


def _from_vni(text: str) -> str:
    return _VNI_LETTER.sub(lambda found: _VNI[found.group()], text)


def _as_bytes(letter: str) -> bytes:
    """The byte that windows-1252 shows as this letter; letters it does not have stay as they are, in UTF-8."""
    code = _CP1252_BYTES.get(ord(letter), ord(letter))
    return bytes([code]) if code < 0x100 else letter.encode("utf-8", "replace")


#: What a text may have been before somebody decoded it wrongly, and how to read it again.
_READERS: dict[str, Callable[[str], str]] = {
    **{name: _by_table(table) for name, table in _TABLES.items()},
    "vni": _from_vni,
    "utf-8 read as windows-1252": _reread,
    "utf-8 read twice as windows-1252": lambda text: _reread(_reread(text)),
}
_SEGMENT = re.compile(r"[^<>\n]+")


def _sample(text: str) -> list[str]:
    """Words with letters beyond ASCII from the visible text."""
    visible = visible_text(text[:_SAMPLE_CHARS]) if "<" in text else text[:_SAMPLE_CHARS]
    words: list[str] = []
    for found in _WORD.finditer(visible):
        word = found.group()[:40]
        if not word.isascii() and _BEYOND_ASCII.search(word):
            words.append(word)
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


def _looks_broken(words: list[str], text: str) -> bool:
    """True when a good part of the words with letters beyond ASCII is broken, and not just a name or two among many plain ones."""
    broken = sum(_BROKEN.search(word) is not None for word in words)
    if not broken or broken * 5 < len(words):
        return False
    if broken == len(words) == 1 and not _CERTAIN.search(words[0]):
        return len(text) < 40 and _score(words) == 0 and any(_is_syllable(reader(words[0])) for reader in _READERS.values())
    return broken >= _FEW * min(text[:_SAMPLE_CHARS].count(" ") + 1, _SAMPLE)
