from __future__ import annotations

import random

import numpy as np
import pytest

from crawlers.stories.copies import Copies
from crawlers.stories.fingerprint import fingerprint, is_copy, likeness
from monitor.text import fold

ONSETS = tuple("bcdđghklmnpqrstvx")
RHYMES = ("an", "ang", "anh", "ao", "ăn", "âm", "ây", "em", "ênh", "iên", "iêu", "in", "oan", "oang", "ôn", "ông", "uyên", "ưa", "ương")


def words(rng: random.Random, count: int) -> list[str]:
    """Syllables as frequent as in print: few of them make most of a text."""
    pool = [onset + rhyme for onset in ONSETS for rhyme in RHYMES]
    return [pool[min(int(20 * rng.paretovariate(0.7)) - 20, len(pool) - 1)] for _ in range(count)]


def edited(text: list[str], share: float, rng: random.Random) -> list[str]:
    out: list[str] = []
    for word in text:
        if rng.random() >= share:
            out.append(word)
            continue
        out += [[], words(rng, 1), [word, *words(rng, 1)]][rng.randrange(3)]
    return out


def prints(text: list[str]) -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
    return fingerprint(" ".join(text))


@pytest.mark.parametrize("share", [0.1, 0.2, 0.3])
def test_edited_copies_are_found_and_strangers_are_not(share: float) -> None:
    rng = random.Random(5)
    originals = [words(rng, 300) for _ in range(120)]
    taken = [prints(text) for text in originals]
    copies = [prints(edited(text, share, rng)) for text in originals]
    found = sum(is_copy(a, b) for a, b in zip(taken, copies, strict=True))
    false = sum(is_copy(taken[i], copies[j]) for i in range(120) for j in range(0, 120, 7) if i != j)
    assert found / 120 >= 0.95
    assert found / (found + false) >= 0.98


def test_a_copy_without_tone_marks_or_in_capitals_is_the_same() -> None:
    text = "Phường mở quầy hỗ trợ nộp hồ sơ trực tuyến tại sảnh một cửa, có đoàn viên trực đến mười chín giờ"
    assert likeness(fingerprint(text), fingerprint(fold(text))) == (1.0, 1.0)
    assert likeness(fingerprint(text), fingerprint(text.upper())) == (1.0, 1.0)


def test_a_cut_and_a_padded_copy_are_copies() -> None:
    rng = random.Random(9)
    text = words(rng, 400)
    assert is_copy(prints(text), prints(text[:140]))
    assert is_copy(prints(text), prints(words(rng, 400) + text))


def test_short_texts_need_more_in_common() -> None:
    rng = random.Random(3)
    text = words(rng, 30)
    assert is_copy(prints(text), prints(text))
    assert not is_copy(prints(text), prints(text[:9] + words(rng, 21)))


def test_empty_and_tiny_texts_are_nobodys_copy() -> None:
    empty = fingerprint("")
    assert len(empty) == 0
    assert not is_copy(empty, empty)
    assert not is_copy(empty, fingerprint("một hai ba bốn"))
    copies = Copies()
    copies.add((0.0, "a"), empty)
    assert copies.find(empty) == {}


@pytest.mark.parametrize("share", [0.1, 0.2, 0.3])
def test_the_few_that_share_a_smallest_hash_are_enough(share: float) -> None:
    rng = random.Random(8)
    originals = [words(rng, 300) for _ in range(300)]
    copies = Copies()
    for n, text in enumerate(originals):
        copies.add((float(n), str(n)), prints(text))
    found = [list(copies.find(prints(edited(text, share, rng)))) for text in originals]
    assert sum(ids == [str(n)] for n, ids in enumerate(found)) >= 0.98 * 300


def test_a_text_reprinted_by_everybody_is_still_found_and_what_is_removed_is_not() -> None:
    rng = random.Random(4)
    text = words(rng, 200)
    copies = Copies()
    for n in range(40):
        copies.add((float(n), f"{n:02}"), prints(edited(text, 0.05, rng)))
    assert copies.find(prints(text))
    for n in range(40):
        copies.remove((float(n), f"{n:02}"))
    assert len(copies) == len(copies._postings) == 0
    assert copies.find(prints(text)) == {}
