"""`monitor label`, `retrain` and `model` by the real command line, from answers to the way back. A small corpus stands for ours."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from classifiers import models, train
from monitor.figures import Answer
from storage.store import Store
from tests.acceptance import desk
from tests.acceptance.conftest import Run, jsonl, lines, write_config

CORPUS = train.corpus()
OTHER = {"neg": "pos", "neu": "neg", "pos": "neu", None: None}
TAUGHT, ASKED = CORPUS[::24], CORPUS[7::40]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small corpus, and models that stand for the shipped ones: taught with errors, so that learning better shows beyond chance."""
    folder = tmp_path_factory.mktemp("learning")
    (folder / "corpus").mkdir()
    (folder / "corpus" / "a.jsonl").write_bytes(jsonl(*TAUGHT))
    (folder / "wrong").mkdir()
    wrong = [i | {"sentiment": OTHER[i["sentiment"]], "relevant": i["relevant"] == bool(n % 3)} for n, i in enumerate(TAUGHT)]
    (folder / "wrong" / "a.jsonl").write_bytes(jsonl(*wrong))
    train.train(folder / "wrong", folder / "models")
    return folder


@pytest.fixture
def office(tmp_path: Path, base: Path) -> dict[str, dict[str, Any]]:
    """A base of articles as stored before anybody looked at them; the truth of each by its id."""
    write_config(tmp_path, sources=[], models_dir=str(base / "models"), learning={"corrections_per_day": 2000})
    store, now, truth = desk.opened(tmp_path), datetime.now(UTC), {}
    store.sync_sources(desk.SOURCES, now)
    for number, item in enumerate(ASKED):
        at = now - timedelta(minutes=number)
        article = desk.article(
            f"https://nhanh.vn/{number}", "bao_nhanh", at, item["title"] or "Ý kiến", item["text"], story_id=f"s{number}"
        )
        store.save(article, desk.relevant(article, "yes" if number % 3 else "no"), now=at)
        truth[article.id] = item
    store.close()
    return truth


def answer(item: dict[str, Any], article_id: str) -> dict[str, Any]:
    if not item["relevant"]:
        return {"id": article_id, "relevance": False}
    said = {"relevance": "yes", "hanoi": item["hanoi"], "sentiment": item["sentiment"], "topic": item["topics"], "class": item["class"]}
    return {"id": article_id, "severity": item["severity"], "ward": item["wards"]} | said


def sentence(done: Any) -> str:
    assert done.returncode == 2, done.stderr.decode()
    assert len(done.stderr.decode().splitlines()) == 1
    return done.stderr.decode()  # type: ignore[no-any-return]


@pytest.mark.timeout(600)  # two fits and fifteen commands; the cores are shared with the other tests
def test_from_a_batch_to_a_new_model_and_back(monitor: Run, office: dict[str, Any], base: Path, tmp_path: Path) -> None:
    asked: dict[str, str] = {}
    for account in ("truc_1", "truc_2"):
        batch = lines(monitor("label", "--as", account, "--json", "-n", "90", "--seed", "57").stdout)
        assert len(batch) == 90
        assert not asked.keys() & {b["id"] for b in batch}
        asked |= {b["id"]: b["stream"] for b in batch}
        file = tmp_path / f"{account}.jsonl"
        file.write_bytes(jsonl(*(b | answer(office[b["id"]], b["id"]) for b in batch)))  # a line may come back as it was
        done = monitor("label", "--as", account, "--import", str(file))
        assert done.returncode == 0, done.stderr.decode()
    again = monitor("label", "--as", "truc_2", "--import", str(file))
    assert "Đã ghi 0 nhãn (0 nhãn sửa lại); 90 bài đã ghi từ trước." in again.stdout.decode()
    random = {i for i, stream in asked.items() if stream == "random"}
    assert len(random) == 36
    corpus = ("--corpus", str(base / "corpus"))
    before = json.loads((base / "models" / models.MANIFEST).read_text(encoding="utf-8"))["files"][models.WEIGHTS][:8]

    dry = monitor("retrain", *corpus, "--dry-run")
    assert dry.returncode == 0, dry.stderr.decode()
    said = dry.stdout.decode()
    for words in ("Luồng ngẫu nhiên, 36 bài", "Bộ cố định, 330 bài", "đang dùng", "Liên quan, F1", "Loại, macro-F1", f"linear@{before}"):
        assert words in said, said
    assert "Đang huấn luyện" in dry.stderr.decode()
    assert "–  " in monitor("model", "list").stdout.decode()  # nothing was taken into use

    write_config(tmp_path, sources=[], models_dir=str(base / "models"), learning={"tolerance": 0.1})
    done = monitor("retrain", *corpus, "--as", "phan_tich")
    assert "Đã đưa mô hình" in done.stdout.decode(), done.stdout.decode() + done.stderr.decode()
    assert "không có gì mới" in monitor("retrain", *corpus).stdout.decode()
    store = Store(f"sqlite:///{tmp_path / 'var' / 'monitor.db'}")
    (row,) = store.promotions()
    assert {lesson.article_id for lesson in store.lessons() if not lesson.test} == asked.keys() - random
    assert (row.role, row.parent, row.corrections > 300) == ("phan_tich", f"linear@{before}", True)
    assert len(store.model_weights(1) or b"") < 10_000_000
    store.close()
    listed = monitor("model", "list").stdout.decode()
    assert row.version in listed
    assert f"linear@{before}" in listed
    shown = monitor("model", "show").stdout.decode()
    assert "Luồng ngẫu nhiên, 36 bài (trước → sau):" in shown
    assert "Trọng số khớp" in shown
    assert json.loads(monitor("status", "--json").stdout)["model"] == row.version
    assert f'"version": "{row.version}"' in monitor("once").stderr.decode()  # starts with it

    back = monitor("model", "rollback")
    assert f"linear@{before} (đi kèm phần mềm)" in back.stdout.decode(), back.stderr.decode()
    assert json.loads(monitor("status", "--json").stdout)["model"] == f"linear@{before}"
    assert "không có mô hình nào trước nó" in sentence(monitor("model", "rollback"))


def test_a_model_that_is_worse_is_not_taken(monitor: Run, office: dict[str, Any], base: Path, tmp_path: Path) -> None:
    """Two accounts that call everything the wrong way round."""
    store = Store(f"sqlite:///{tmp_path / 'var' / 'monitor.db'}")
    for number, (article_id, item) in enumerate(office.items()):
        wrong = Answer(article_id=article_id, values={"relevance": ("no" if item["relevant"] else "yes",)})
        store.record([wrong], account=f"truc_{number % 2}", model="m", per_day=9999, now=datetime.now(UTC))
    store.close()
    done = monitor("retrain", "--corpus", str(base / "corpus"))
    assert done.returncode == 0, done.stderr.decode()
    assert "Giữ mô hình đang dùng: mô hình mới kém hơn quá 0,005 ở Liên quan F1 trên bộ cố định" in done.stdout.decode()
    assert "mới có 0 bài, cần từ 30 bài" in done.stdout.decode()
    assert monitor("model", "show").stdout.decode().startswith("Đang dùng mô hình đi kèm phần mềm")


def test_one_account_alone_teaches_nothing_unless_the_office_says_so(monitor: Run, office: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(jsonl(*(answer(item, i) for i, item in list(office.items())[:5])))
    monitor("label", "--as", "mot_minh", "--import", str(file))
    done = monitor("retrain")
    assert done.returncode == 0
    assert "của mot_minh chưa dùng: một tài khoản chiếm nhiều nhất 50%" in done.stdout.decode()
    assert "Chưa có nhãn nào để học" in done.stdout.decode()


def test_asking_in_a_terminal(monitor: Run, office: dict[str, Any], tmp_path: Path) -> None:
    typed = "?\nk\n" + "c\nc\nâm tính\nneg\nt06, t13\nphản\nservice_feedback\ns1\n-\n" + "b\n" + "c\nq\n"
    done = monitor("label", "--as", "truc_1", "-n", "9", "--seed", "3", stdin=typed.encode())
    assert done.returncode == 0, done.stderr.decode()
    said = done.stdout.decode()
    assert "Sắc thái: không có “âm tính”; các giá trị: neg, neu, pos." in said
    assert "yes: có" in said
    assert "https://nhanh.vn/" in said
    assert "Đã ghi 3 bài" in said
    conn = sqlite3.connect(tmp_path / "var" / "monitor.db")
    rows = conn.execute("SELECT field, new FROM corrections ORDER BY number").fetchall()
    assert [(f, json.loads(v)) for f, v in rows] == [
        ("relevance", ["no"]), ("relevance", ["yes"]), ("hanoi", ["yes"]), ("sentiment", ["neg"]),
        ("topic", ["t06_cai_cach_tthc", "t13_xa_hoi_so"]), ("class", ["service_feedback"]), ("severity", ["S1"]), ("ward", []),
        ("relevance", ["yes"]),
    ]  # fmt: skip
    assert conn.execute("SELECT count(*) FROM offers").fetchone() == (4,)
    conn.close()


def test_the_cap_is_told_in_one_sentence(monitor: Run, office: dict[str, Any], base: Path, tmp_path: Path) -> None:
    write_config(tmp_path, sources=[], learning={"corrections_per_day": 3})
    file = tmp_path / "a.jsonl"
    file.write_bytes(jsonl(*({"id": i, "relevance": "no", "hanoi": "no"} for i in list(office)[:3])))
    over = monitor("label", "--as", "truc_1", "--import", str(file))
    assert "Đã ghi 2 nhãn" in over.stdout.decode()
    assert "2 bài chưa được ghi: tài khoản truc_1 vượt hạn 3 nhãn một ngày" in sentence(over)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"id": "x", "relevance": "yes"}', "không có bài mã “x”"),
        ("nonsense", "dòng 1: không phải JSON"),
        ('{"relevance": "yes"}', "dòng 1: cần một đối tượng có khóa “id”"),
        ('{"id": "x", "sentimnet": "neg"}', "dòng 1: khóa lạ “sentimnet”"),
        ('{"id": "x", "sentiment": "buồn"}', "dòng 1: Sắc thái: không có “buồn”"),
        ('{"id": "x", "topic": ["t99"]}', "dòng 1: Chủ đề: không có “t99”"),
        ('{"id": "x", "class": ["routine", "data_leak"]}', "dòng 1: khóa “class”: cần một mã"),
        ('{"id": "x", "title": "chỉ có tiêu đề"}', "dòng 1: không có câu trả lời nào"),
        ("", "không có dòng trả lời nào"),
    ],
)
def test_a_bad_line_is_one_sentence_and_nothing_is_written(monitor: Run, config: Path, line: str, words: str) -> None:
    desk.opened(config.parent).close()
    file = config.parent / "a.jsonl"
    file.write_text(line + "\n", encoding="utf-8")
    assert words in sentence(monitor("label", "--as", "truc_1", "--import", str(file)))


def test_nobody_labels_without_a_role_and_no_name_is_one(monitor: Run, config: Path) -> None:
    desk.opened(config.parent).close()
    assert "--as" in sentence(monitor("label", "--json"))
    assert "không ghi họ tên" in sentence(monitor("label", "--as", "Nguyễn Văn An", "--json"))
