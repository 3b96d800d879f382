"""retrain: a new model from the shipped corpus and people's corrections, taken into use only when it is not worse."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alerts.wording import number
from classifiers import promoted
from classifiers.tag import Tagger
from monitor.app import utc_now
from monitor.cli.common import DEFAULT_CONFIG, ConfigOption, load, notice, opened_store, say
from monitor.cli.label import role
from monitor.config import Config
from monitor.figures import Promotion
from storage.store import Store

if TYPE_CHECKING:
    from classifiers.learning import Candidate, Measured, Plan

OPERATOR = "van_hanh"  #: who promotes when nobody is named
NAMES: Mapping[str, str] = {
    "relevant_f1": "Liên quan, F1",
    "sentiment_macro": "Sắc thái, macro-F1",
    "topics_micro": "Chủ đề, micro-F1",
    "class_macro": "Loại, macro-F1",
}
SETS: Mapping[str, str] = {"frozen": "Bộ cố định", "random": "Luồng ngẫu nhiên"}

Compared = Mapping[str, Mapping[str, Any]]  #: by set: items, old and new


def register(cli: typer.Typer) -> None:
    """Add this command."""
    cli.command("retrain")(retrain)


def retrain(
    config: ConfigOption = DEFAULT_CONFIG,
    account: Annotated[str, typer.Option("--as", help="Mã vai trò của người cho huấn luyện.")] = OPERATOR,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Huấn luyện và so sánh, không thay mô hình.")] = False,
    corpus: Annotated[
        Path | None, typer.Option("--corpus", help="Thư mục bộ mẫu (*.jsonl) thay cho bộ đi kèm phần mềm.", file_okay=False, exists=True)
    ] = None,
) -> None:
    """Huấn luyện lại từ bộ mẫu và nhãn đã sửa, so với mô hình đang dùng, chỉ thay khi không kém hơn (khoảng 2 phút)."""
    from classifiers import learning, train  # here: scikit-learn takes a second, and no other command needs it

    account, settings = role(account), load(config)
    folder = corpus or train.CORPUS
    store = opened_store(settings)
    try:
        store.check_version()
        plan = learning.plan(store.lessons(), share=settings.learning.share_per_account)
        head = store.promoted()
        _tell(plan, settings)
        if not plan.items:
            say("Chưa có nhãn nào để học; giữ mô hình đang dùng.")
            return
        if head is not None and learning.learned_already(plan, head.manifest, folder):
            say(f"Mô hình đang dùng ({head.version}) đã học đúng các nhãn này; không có gì mới.")
            return
        current = tagger_in_use(store, settings, head)
        items = train.corpus(folder)
        notice(f"Đang huấn luyện từ {number(len(items))} mục của bộ mẫu và {number(len(plan.items))} bài đã sửa …")
        candidate = learning.refit(items, plan, corpus=folder)
        notice("Đang so sánh với mô hình đang dùng …")
        compared = _compared(learning.frozen(), plan, current, candidate, learning.LEAST_TEST)
        _show(compared, current.version, candidate.tagger.version)
        worse = _worse(compared, settings.learning.tolerance)
        _decide(store, settings, candidate, plan, compared, worse, after=head, parent=current.version, account=account, dry_run=dry_run)
    finally:
        store.close()


def tagger_in_use(store: Store, settings: Config, head: Promotion | None) -> Tagger:
    """The model that a service on this database uses.

    Raises:
        BrokenModel: its weights are not those of its manifest.
    """
    weights = store.model_weights(head.number) if head else None
    return promoted.opened(head.manifest, weights) if head and weights is not None else Tagger.load(settings.models_dir)


def _tell(plan: Plan, settings: Config) -> None:
    learned = f"{number(plan.corrections)} nhãn của {number(len(plan.items))} bài"
    say(f"Để học: {learned}; để đo (luồng ngẫu nhiên): {number(len(plan.test))} bài.")
    for account, count in plan.left_out.items():
        share = f"{settings.learning.share_per_account:.0%}"
        say(
            f"  {number(count)} nhãn của {account} chưa dùng: một tài khoản chiếm nhiều nhất {share} số nhãn đem học "
            "(khóa learning.share_per_account)."
        )


def _compared(frozen: list[dict[str, Any]], plan: Plan, current: Tagger, new: Candidate, least: int) -> Compared:
    from classifiers.learning import measure

    sets = {"frozen": frozen} | ({"random": list(plan.test)} if len(plan.test) >= least else {})
    if "random" not in sets:
        say(f"Luồng ngẫu nhiên mới có {number(len(plan.test))} bài, cần từ {least} bài mới đủ để so; lần này chỉ so trên bộ cố định.")
    return {name: {"items": len(items), "old": measure(current, items), "new": measure(new.tagger, items)} for name, items in sets.items()}


def _worse(compared: Compared, tolerance: float) -> list[str]:
    """What fell, in words; empty: nothing."""
    from classifiers.learning import worse

    return [
        f"{NAMES[metric].replace(',', '')} trên {SETS[name].lower()} ({score(of['old'][metric])} → {score(of['new'][metric])})"
        for name, of in compared.items()
        for metric in worse(of["new"], of["old"], tolerance)
    ]


def _show(compared: Compared, old: str, new: str) -> None:
    for name, of in compared.items():
        say(f"\n{SETS[name]}, {number(of['items'])} bài", style="bold")
        say(f"  {'':<22}{'đang dùng':>12}{'mới':>12}{'chênh':>10}")
        for metric, words in NAMES.items():
            say(f"  {words:<22}{score(of['old'][metric]):>12}{score(of['new'][metric]):>12}{difference(of['old'], of['new'], metric):>10}")
    say(f"\nĐang dùng: {old} · mới: {new}")


def score(value: float | None) -> str:
    """A score as people read it; "–" when too few items could tell."""
    return "–" if value is None else f"{value:.3f}".replace(".", ",")


def difference(old: Measured, new: Measured, metric: str) -> str:
    """How much a score rose, with its sign."""
    before, now = old[metric], new[metric]
    return "–" if before is None or now is None else f"{now - before:+.3f}".replace(".", ",")


def _decide(
    store: Store, settings: Config, candidate: Candidate, plan: Plan, compared: Compared, worse: list[str], *, after: Promotion | None,
    parent: str, account: str, dry_run: bool,
) -> None:  # fmt: skip
    version = candidate.tagger.version
    if worse:
        allowed = f"{settings.learning.tolerance:g}".replace(".", ",")
        say(f"Giữ mô hình đang dùng: mô hình mới kém hơn quá {allowed} ở {'; '.join(worse)}.")
    elif dry_run:
        say(f"Mô hình {version} không kém hơn và có thể đưa vào dùng; chạy thử (--dry-run) nên chưa thay.")
    elif version == parent:
        say("Mô hình mới giống hệt mô hình đang dùng; không có gì để thay.")
    else:
        done = store.promote(
            version=version, role=account, parent=parent, after=after.number if after else 0, learned=plan.corrections,
            figures={name: dict(of) for name, of in compared.items()}, manifest=candidate.manifest, weights=candidate.weights,
            now=utc_now(),
        )  # fmt: skip
        say(f"Đã đưa mô hình {done.version} vào dùng (lần {done.number}); dịch vụ đang chạy nhận trong vòng một phút.")
        say("Quay lại mô hình trước: monitor model rollback")
