"""People's data: what is asked to be forgotten is nowhere any more, what is over its time loses its words, voices cannot be linked."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text, update

from monitor.figures import Quarantined, SampleItem
from monitor.records import DeliveryStatus, LedgerState, Message, PageFailure, RawItem, Tags
from storage import outbox, search
from storage.articles import PURGED
from storage.errors import StorageError
from storage.forget import MARK, REASON
from storage.ledger import key_of
from storage.schema import case_events, labels
from storage.store import Store
from tests.integration.storage_items import T0, article, case, delivery, entry, source, tags
from tests.integration.test_storage_articles import everything, rows
from tests.integration.test_storage_raw import PURGE, page

DAY = timedelta(days=1)
#: Words that only the item says, one for each place; folded and in lower case, as they would lie in a file.
WORDS = ("zibelax", "korvuna", "quermiv", "blofank", "drustey", "wexplom", "fanjuri", "gholtep", "mavrosk", "pyxiden", "jubrisk", "tazmelo")
TITLE, TEXT, OLD_TITLE, OLD_TEXT, RAW, SUMMARY, GUID, WHY, PATH, DETAIL, PASSAGE, QUERY = WORDS
URL = f"https://bao_a.vn/{PATH}"


def item(**more: Any) -> Any:
    said = f"Mở đầu của bài. Đoạn nói về {TEXT} và {PASSAGE} ở ngay giữa phố đông người qua lại. Kết thúc."
    return article(PATH, title=f"Chuyện {TITLE.title()} giữa phố", text=said, story_id="st_it", **more)


def message(*words: str) -> Message:
    said = " · ".join(words)
    return Message(subject=f"[S2] {said}", text=said, html=f"<b>{said}</b>", images={"a": b"png"}, buttons=(("Nhận", "v1:ack:c"),))


def owed(id: str, *words: str, case_id: str | None = "c_st_it", **more: Any) -> Any:
    return delivery(id, message=message(*words), case_id=case_id, **more)


def listing(deliveries: Any) -> Message:
    return message(*(d.message.subject for d in deliveries))


def filled(store: Store) -> None:
    """A base in which the item has left something everywhere, among others that say nothing of it."""
    store.sync_sources([source("bao_a"), source("bao_b"), source("mxh", tier="social")], T0)
    store.enter([entry(n, guid=f"g{n}") for n in range(40)], T0)
    for n in range(40):
        a = article(n, title=f"Bài số {n} về chuyển đổi số", at=T0 - n * timedelta(hours=1))
        store.save(a, tags(a, topics=("t01",)), case=case(a) if n < 4 else None, raw=page(n),
                   deliveries=[owed(f"alert:{n}", a.title, a.url, case_id=f"c_st_{n}")] if n < 4 else (), now=T0)  # fmt: skip
    store.enter([entry(PATH, guid=f"{GUID}-1", title=f"Chuyện {TITLE}", summary_html=f"<p>{SUMMARY}&nbsp;!</p>")], T0)
    store.enter([entry(f"{PATH}-ban-hai", guid=f"{GUID}-1", title=f"Chuyện {TITLE}")], T0)  # the same item moved
    old = item(at=T0)
    old = replace(old, title=f"Tít {OLD_TITLE}", text=f"Bản cũ {OLD_TEXT}", content_hash="old", voice="ab12")
    failure = PageFailure(reason=f"lỗi ở {URL}", retry_at=T0 + DAY)  # so the entry waits with its words
    opened = case(old, why=(f"cụm “{WHY}”",))
    store.save(
        old, tags(old), case=opened, failure=failure, deliveries=[owed("alert:it:1", f"Tít {OLD_TITLE}", f"{URL}?{QUERY}=1")], now=T0
    )
    now = item()
    raw = RawItem(source_id="bao_a", url=f"{URL}?{QUERY}=1", body=RAW.encode(), charset=None, fetched_at=T0, entry=entry(PATH))
    store.save(now, tags(now), raw=raw, failure=failure, now=T0 + timedelta(hours=1))
    with store._db.write() as conn:
        seq = conn.execute(text("SELECT seq FROM articles WHERE id = :id"), {"id": now.id}).scalar()
        conn.execute(update(labels).where(labels.c.article == seq).values(why=[f"vì “{TEXT}”"]))
        detail = f"“Chuyện {TITLE} giữa phố”, {DETAIL}, xem {URL}"
        conn.execute(update(case_events).where(case_events.c.case_id == "c_st_it").values(detail=detail))
    quoted = f"Đoạn nói về [số điện thoại] và {PASSAGE} ở ngay giữa phố đông người"
    store.owe([owed("alert:it:2", "Vụ việc khác", quoted), owed("alert:it:3", "Nhắc lại", quoted, recipient="-200")], T0)
    store.owe([owed("digest:2026-W46:email:x", f"Chuyện {TITLE}", f"\n  {URL}\n", case_id=None, kind="digest", channel="email")], T0)
    store.sent("alert:it:3", "77", T0)
    store.draw_sample("2026-W46", [SampleItem(number=n, outlet="Báo A", day=date(2026, 11, 9)) for n in (1, 2, 3)], T0)
    seen = {"outlet": "Báo A", "day": date(2026, 11, 9), "found": True, "how": "địa chỉ"}
    store.answer_sample("2026-W46", [SampleItem(number=1, url=URL, **seen), SampleItem(number=2, title=f"chuyện {TITLE} GIỮA phố", **seen),
                                     SampleItem(number=3, title="Bài khác", url="https://bao_b.vn/9", **seen)])  # fmt: skip
    store.put_in_quarantine(Quarantined(body_hash="h", source_id="bao_a", url=URL, reason="quá lớn", size=9, first_at=T0, last_at=T0))


def dumped(store: Store) -> dict[str, str]:
    """Every table with every column, those of the index too, as one text each."""
    with store._db.read() as conn:
        names = inspect(conn).get_table_names()
        if store._db.sqlite:
            names = [*(n for n in names if n != "coverage_index"), "terms"]  # the index itself cannot be listed, its tables can
            conn.execute(text("CREATE VIRTUAL TABLE IF NOT EXISTS temp.terms USING fts5vocab(main, coverage_index, 'row')"))
        return {n: repr([tuple(map(_readable, row)) for row in conn.execute(text(f'SELECT * FROM "{n}"'))]).lower() for n in names}


def _readable(value: object) -> object:
    return bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else value


def spoken(said: str) -> list[str]:
    """The item's words in it; their ends too, because an index may keep only what differs from the word before."""
    return [word for word in WORDS if word in said or word[2:] in said]


def others(store: Store) -> Any:
    """Everything stored of every article but the item."""
    ids = sorted(str(r[0]) for r in rows(store, "SELECT id FROM articles") if r[0] != item().id)
    return [(store.article(i), store.tags(i), store.versions(i), store.raw(i)) for i in ids]


def test_the_words_are_everywhere_before(store: Store) -> None:
    filled(store)
    found = dumped(store)
    assert {word for said in found.values() for word in spoken(said)} == set(WORDS) - {RAW}, "compressed"
    for table in ("articles", "article_versions", "ledger", "labels", "stories", "cases", "case_events", "outbox", "sample_items",
                  "quarantine", "raw_bodies"):  # fmt: skip
        assert spoken(found[table]), table
    assert len(store.search(TEXT)) == 1


@pytest.mark.parametrize("what", [URL, f"{URL}?utm_source=x", f"đoạn nói   VỀ {TEXT}", f"bản cũ {OLD_TEXT}", f"{SUMMARY} !", "by key"])
def test_what_is_forgotten_is_nowhere(store: Store, what: str, database_url: str) -> None:
    filled(store)
    before, counts, figures = others(store), rows(store, "SELECT * FROM daily_counts"), store.ledger_counts()
    if what == "by key":
        gone = store.forget_keys([item().id], who="tổ trưởng", now=T0 + DAY)
    else:
        gone = store.forget(what, also=(URL,) if "utm" in what else (), who="tổ trưởng", now=T0 + DAY)
    assert (gone.articles, gone.addresses, gone.messages) == (1, 2, 4)
    assert {table: spoken(said) for table, said in dumped(store).items() if spoken(said)} == {}
    assert others(store) == before
    assert rows(store, "SELECT * FROM daily_counts") == counts, "figures of what was published stay"
    assert sum(store.ledger_counts().values()) == sum(figures.values()), "the sums still close"
    assert {r.reason for r in store.ledger_rows(state=LedgerState.FAILED)} == {REASON}
    assert (store.article(item().id), store.search(TEXT), store.search(OLD_TITLE)) == (None, [], [])
    assert {key_of(URL), item().id} <= set(gone.keys) <= store.forgotten_keys()
    if store._db.sqlite:
        folder = Path(database_url.removeprefix("sqlite:///")).parent
        assert {file.name: spoken(file.read_bytes().decode("latin-1").lower()) for file in folder.glob("monitor.db*")} == {
            "monitor.db": [], "monitor.db-wal": [], "monitor.db-shm": [],
        }  # fmt: skip


def test_nothing_forgotten_comes_in_again(store: Store) -> None:
    filled(store)
    store.forget(URL, who="tổ trưởng", now=T0)
    assert store.enter([entry(PATH, title="Lại đây"), entry("mới")], T0) == 1
    assert store.save(item(), tags(item()), case=case(item()), deliveries=[owed("late", TITLE)], now=T0) is None
    twin = item(canonical_url=URL, id=item().id)
    store.enter([entry("amp/1", title=f"Bản {TITLE}")], T0)
    assert store.save(twin, tags(twin), entry_url="https://bao_a.vn/amp/1", now=T0) is None
    store.mark(URL, LedgerState.WAITING, reason=f"lỗi ở {URL}", retry_at=T0, now=T0)  # it was being fetched meanwhile
    assert [w.entry.url for w in store.waiting("bao_a", T0 + DAY)] == ["https://bao_a.vn/mới"]
    assert {table: spoken(said) for table, said in dumped(store).items() if spoken(said)} == {}


def test_an_address_that_is_not_known_yet_is_kept_out(store: Store) -> None:
    gone = store.forget("https://la.vn/?id=1&utm_source=a", also=("https://la.vn/?id=1",), who="tổ trưởng", now=T0)
    assert (gone.articles, gone.addresses, gone.messages) == (0, 0, 0)
    assert store.enter([entry(1, url="https://la.vn/?id=1", canonical_url="https://la.vn/?id=1")], T0) == 0


def test_a_text_must_be_long_enough(store: Store) -> None:
    with pytest.raises(StorageError, match="quá ngắn"):
        store.forget(" bài  số ", who="x", now=T0)
    with pytest.raises(StorageError, match="quá ngắn"):
        store.to_forget("https", also=(URL,))


def test_it_is_told_beforehand_what_would_go(store: Store) -> None:
    filled(store)
    before = everything(store)
    assert store.to_forget(URL) == ([f"Chuyện {TITLE.title()} giữa phố"], 2)
    titles, addresses = store.to_forget("về chuyển đổi số")
    assert (len(titles), addresses, titles[0]) == (40, 40, "Bài số 0 về chuyển đổi số")
    assert store.to_forget("không bài nào nói thế") == ([], 0)
    assert everything(store) == before


def test_forgetting_twice_changes_nothing(store: Store) -> None:
    filled(store)
    first = store.forget(URL, who="tổ trưởng", now=T0)
    before = everything(store)
    again = store.forget_keys(first.keys, who="khôi phục", now=T0 + DAY)
    assert (again.articles, again.messages) == (0, 0)
    assert everything(store) == before


def test_the_next_article_of_the_story_speaks_for_it(store: Store) -> None:
    store.sync_sources([source("bao_a"), source("bao_b")], T0)
    first, second = article("a", title="Tít của báo đầu", story_id="st"), article("b", title="Tít của báo sau", story_id="st", at=T0 + DAY)
    opened = case(first, id="c")
    for a in (first, second):
        store.save(a, tags(a), case=opened, deliveries=[owed(f"d:{a.title}", a.title, a.url, case_id="c")], now=T0)
    store.forget(first.url, who="x", now=T0)
    found = store.case("c")
    assert found is not None
    assert (found.title, found.url, found.why, found.number) == (second.title, second.url, (), 1)
    assert rows(store, "SELECT title FROM stories") == [(second.title,)]
    assert {d.id: (d.status.value, d.message.text) for d in store.deliveries()} == {
        "d:Tít của báo đầu": ("dead", MARK), "d:Tít của báo sau": ("pending", f"Tít của báo sau · {second.url}"),
    }  # fmt: skip
    store.forget(second.url, who="x", now=T0)
    left = store.case("c")
    assert left is not None
    assert (left.title, left.url) == (MARK, "")
    assert rows(store, "SELECT title FROM stories") == []


def test_a_list_that_told_it_is_emptied_and_the_other_lines_are_owed_again(store: Store) -> None:
    filled(store)
    assert store.group(T0, above=1, compose=listing) == 5
    lists = [d for d in store.deliveries() if d.id.startswith(outbox.GROUPED)]
    assert any(TITLE in d.message.text.lower() or PASSAGE in d.message.text for d in lists)
    store.forget(URL, who="x", now=T0)
    status = {d.id: d.status.value for d in store.deliveries()}
    assert {status[f"alert:{n}"] for n in range(4)} == {"pending"}
    assert {status[i] for i in ("alert:it:1", "alert:it:2", *(d.id for d in lists))} == {"dead"}
    assert spoken(dumped(store)["outbox"]) == []


def test_a_sent_message_stays_sent_and_says_only_that_it_was_emptied(store: Store) -> None:
    filled(store)
    store.forget(URL, who="x", now=T0)
    (sent,) = store.deliveries(status=DeliveryStatus.SENT)
    assert (sent.id, sent.sent_at, sent.message) == ("alert:it:3", T0, Message(subject=MARK, text=MARK))


def test_a_restore_does_not_bring_it_back(store: Store, tmp_path: Path) -> None:
    filled(store)
    store.backup(tmp_path / "before.gz")
    keys = store.forget(URL, who="x", now=T0).keys
    for name, known in (("file", keys), ("base", ())):
        fresh = Store(f"sqlite:///{tmp_path / name}.db")
        if not known:
            fresh.upgrade()
            fresh.forget_keys(keys, who="x", now=T0)
        fresh.restore(tmp_path / "before.gz", forgotten=known, now=T0)
        assert {table: spoken(said) for table, said in dumped(fresh).items() if spoken(said)} == {}
        assert fresh.enter([entry(PATH)], T0) == 0
        assert len(fresh.search("chuyển đổi số")) == 40
        fresh.close()
        assert spoken((tmp_path / f"{name}.db").read_bytes().decode("latin-1").lower()) == []


@pytest.mark.parametrize("seed", range(12))
def test_forgetting_never_changes_any_other_article(store: Store, seed: int) -> None:
    rng = random.Random(seed)
    store.sync_sources([source("bao_a"), source("bao_b")], T0)
    made = {}
    for step in range(30):
        n, who = rng.randrange(12), rng.choice(("bao_a", "bao_b"))
        words = " ".join(rng.choices(("phường", "dịch", "vụ", "công", "số", "hồ", "sơ", "trễ", "mới"), k=rng.randrange(3, 30)))
        a = article(n, title=words[:40], text=words, source_id=who, story_id=f"st_{rng.randrange(4)}", at=T0 + timedelta(minutes=step))
        store.enter([entry(n, who, title=a.title, guid=f"g{rng.randrange(40)}")], T0)
        opened = case(a, id=f"c_{a.story_id}") if rng.random() < 0.5 else None
        store.save(a, tags(a, topics=("t01",)), case=opened, raw=page(n), deliveries=[delivery(f"{step}")] if opened else (), now=T0)
        made[a.id] = a
    victim = rng.choice(list(made.values()))

    def of_others() -> Any:
        found = [i for i in made if i != victim.id]
        return [(store.article(i), store.tags(i), store.versions(i), store.raw(i), store.search(f'"{made[i].text}"') != []) for i in found]

    before = of_others()
    assert store.forget(victim.canonical_url, who="x", now=T0).articles == 1
    assert of_others() == before
    assert store.article(victim.id) is None
    assert store.reindex() == len(made) - 1


def test_posts_lose_their_words_when_their_time_is_over(store: Store) -> None:
    store.sync_sources([source("mxh", tier="social"), source("ghi_tay", kind="manual", tier="city"), source("bao_a")], T0)
    post = article(1, title=f"Bức xúc {TITLE}", text=f"Gặp {TEXT} ở phường", source_id="mxh", story_id="st", story_why=f"cùng nói “{TEXT}”")
    old = replace(post, text=f"Bản đầu {OLD_TEXT}", content_hash="old")
    press = article(2, title="Báo đưa tin sau", story_id="st", at=T0 + DAY)
    noted = article(3, title=f"Phản ánh {PATH}", source_id="ghi_tay")
    store.enter([entry(1, "mxh", title=f"Bức xúc {TITLE}", summary_html=SUMMARY), entry(9, "mxh", title=f"Chưa đọc {GUID}")], T0)
    for a in (old, post, press, noted):
        quoting = tuple(replace(label, why=(f"vì “{TEXT}”",) if a is not press else ()) for label in tags(a, topics=("t01",)).labels)
        store.save(a, Tags(article_id=a.id, labels=quoting), case=case(post, id="c", why=(WHY,)), now=T0)
    store.owe([owed("d", f"Bức xúc {TITLE}", post.url, case_id="c")], T0)
    before, counts = (store.article(press.id), store.tags(press.id)), rows(store, "SELECT * FROM daily_counts")
    purge = PURGE | {"raw_press": 999}
    assert store.purge(post.first_seen_at + 180 * DAY, **purge)["posts"] == 0
    now = post.first_seen_at + 180 * DAY + timedelta(seconds=1)
    gone = store.purge(now, **purge)
    assert (gone["posts"], gone["messages"]) == (2, 1)
    found = store.article(post.id)
    assert found is not None
    assert (found.title, found.text, found.url, found.story_id) == (PURGED, PURGED, post.url, "st")
    assert {table: spoken(said) for table, said in dumped(store).items() if spoken(said)} == {}
    assert (store.article(press.id), store.tags(press.id)) == before
    assert rows(store, "SELECT * FROM daily_counts") == counts
    assert store.tags(post.id).values("topic") == ("t01",), "labels stay, only their reasons go"
    assert store.case("c").title == "Báo đưa tin sau"  # type: ignore[union-attr]
    assert store.search(TEXT) == store.search("thời hạn lưu giữ") == []
    assert sum(store.purge(now, **purge).values()) == 0, "once is enough"
    again = replace(post, text=f"Sửa lại {TEXT}", content_hash="new")
    store.save(again, tags(again), now=now)
    assert store.article(post.id).text == PURGED  # type: ignore[union-attr]
    assert store.reindex() == 1


def test_quarantine_is_emptied_in_time(store: Store) -> None:
    for n, at in enumerate((T0, T0 + 10 * DAY)):
        store.put_in_quarantine(Quarantined(body_hash=f"h{n}", source_id="s", url=URL, reason="", size=1, first_at=T0, last_at=at))
    assert store.purge(T0 + 91 * DAY, **PURGE)["quarantine"] == 1
    assert store.quarantine_hashes() == {"h1"}


def test_a_month_has_one_secret_and_after_it_nothing_links_voices(store: Store) -> None:
    september, november = store.voice_key("2026-09"), store.voice_key("2026-11")
    assert (len(november), store.voice_key("2026-11")) == (32, november) != september
    for n, month in enumerate((9, 10, 11)):
        a = article(n, voice=f"v{month}", at=T0.replace(month=month, day=2))
        store.save(a, tags(a), now=T0)
    store.enter([entry("cũ", voice="v9")], T0.replace(month=9))
    gone = store.purge(T0, **PURGE)
    assert (gone["voice_keys"], gone["voices"]) == (1, 2)
    assert [store.article(article(n).id).voice for n in range(3)] == ["", "v10", "v11"]  # type: ignore[union-attr]
    assert store.voice_key("2026-11") == november
    assert store.voice_key("2026-09") != september
    store.purge(T0.replace(year=2027, month=1, day=31, hour=17), **PURGE)  # the 1st of February in Hà Nội
    assert rows(store, "SELECT month FROM voice_keys") == []


def test_merging_the_index_ends_and_keeps_every_word(store: Store) -> None:
    filled(store)
    store._scrub()
    store._scrub()
    assert len(store.search("chuyển đổi số")) == 40
    with store._db.write() as conn:
        assert search.merge(conn, first=True) is search.merge(conn, first=False) is False
