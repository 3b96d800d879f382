"""The ids that a configuration or a search may use. `monitor.config` lies below the trades and cannot know their words; here one can."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import get_args

from classifiers import lexicon, vocabulary
from crawlers.sources import register
from monitor import plugins
from monitor.config import Config
from monitor.errors import ConfigError, MonitorError
from monitor.records import SEVERITIES, CaseClass, Sentiment, Source, Tier

_TOPIC = re.compile(r"t\d\d_")
_BOTTLENECK = re.compile(r"b\d_")


def topics() -> list[str]:
    """The ids of the topics."""
    return [x for x in vocabulary.names() if _TOPIC.match(x)]


def bottlenecks() -> list[str]:
    """The ids of the bottlenecks."""
    return [x for x in vocabulary.names() if _BOTTLENECK.match(x)]


def wards() -> list[str]:
    """The slugs of the wards and communes."""
    return [x for x in vocabulary.names() if not _TOPIC.match(x) and not _BOTTLENECK.match(x)]


def signals() -> list[str]:
    """The ids of the signals."""
    return sorted(x.removeprefix("signal.") for x in lexicon.lexicon().groups if x.startswith("signal."))


def check(config: Config, path: Path) -> None:
    """Refuse ids that nothing will ever carry: a rule with such a word would be silently dead; and sources that cannot be read as written.

    Raises:
        ConfigError: one sentence that names the rule (or route, unit, recipient, source) and the id.
    """
    units = {unit.id for unit in config.units}
    for source in (given.to_record() for given in config.sources):
        if wrong := register.fault(source) or wrong_place(source, units):
            raise ConfigError(f"Tệp cấu hình {path}: sources “{source.id}”: {wrong}")
    known = {"topics": topics(), "wards": wards(), "bottlenecks": bottlenecks(), "signals": signals(), "without_signals": signals()}
    channels = plugins.names("alerts.channels")
    for where, key, used in _used(config):
        valid = channels if key == "channel" else known[key]
        for word in used:
            if word not in valid:
                raise ConfigError(f"Tệp cấu hình {path}: {where}, khóa {key}: không có “{word}”; hiện có: {', '.join(valid)}")


def wrong_place(source: Source, units: Collection[str]) -> str:
    """Why a source's ward or unit is none that there is, in Vietnamese; "" when both are."""
    if source.ward is not None and source.ward not in wards():
        return f"ward: không có phường, xã “{source.ward:.60}”; các mã: classifiers/data/wards.yaml"
    if source.unit is not None and source.unit not in units:
        return f"unit: không có đơn vị “{source.unit:.60}” trong mục units; hiện có: {', '.join(sorted(units)) or 'chưa đơn vị nào'}"
    return ""


def _used(config: Config) -> Iterable[tuple[str, str, Sequence[str]]]:
    for kind, rules in (("rules", config.rules), ("adjustments", config.adjustments)):
        for rule in rules:
            for key in ("topics", "wards", "bottlenecks", "signals", "without_signals"):
                yield f"{kind} “{rule.id}”", key, getattr(rule.when, key)
    for route in config.routes:
        yield f"routes “{route.id}”", "topics", route.topics
        yield f"routes “{route.id}”", "wards", route.wards
        yield f"routes “{route.id}”", "channel", [recipient.channel for recipient in route.to]
    for unit in config.units:
        yield f"units “{unit.id}”", "topics", unit.topics
        yield f"units “{unit.id}”", "wards", unit.wards
        yield f"units “{unit.id}”", "channel", [unit.channel]
    yield "digest.recipients", "channel", [recipient.channel for recipient in config.digest.recipients]


def check_choices(**given: str | None) -> None:
    """Refuse a filter value that no article can carry; the sentence lists those there are."""
    choices: dict[str, Sequence[str]] = {
        "severity": (*SEVERITIES, *(f"{s}+" for s in SEVERITIES)),
        "sentiment": get_args(Sentiment),
        "class": get_args(CaseClass),
        "tier": get_args(Tier),
        "topic": topics(),
        "ward": wards(),
    }
    for option, value in given.items():
        name = option.rstrip("_")
        if value is not None and value not in choices[name]:
            raise MonitorError(f"--{name} {value}: không có giá trị này; hiện có: {', '.join(choices[name])}.")
