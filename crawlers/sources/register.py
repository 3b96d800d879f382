"""The register of sources: what ships with the program, and what makes an entry of it usable."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import yaml
from pydantic import ValidationError

from crawlers import collect
from crawlers.urls import resolve
from monitor import plugins
from monitor.config import SourceConfig
from monitor.config_file import sentence
from monitor.errors import ConfigError, MonitorError
from monitor.records import Source
from monitor.text import fold

try:
    from yaml import CSafeLoader as _Loader  # ten times faster, and every command reads the register
except ImportError:  # a PyYAML built without libyaml
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

WITHOUT_SCHEDULE = frozenset({"manual"})  #: kinds that people fill in: nothing is read on a schedule, no address is needed
#: The access basis that a kind implies.
BASIS = {"sitemap": "sitemap", "listing": "listing page", "portal": "listing page", "manual": "manual"} | dict.fromkeys(
    ("youtube_api", "facebook"), "API with the office's key"
)
_FILE = resources.files("crawlers") / "data" / "register.yaml"


@lru_cache(maxsize=1)
def shipped() -> tuple[Source, ...]:
    """The sources that come with the program, in the order of the file.

    Raises:
        ConfigError: the sentence names the file and the id.
    """
    return read(_FILE)


def read(file: Traversable) -> tuple[Source, ...]:
    """Read a register file: a list `sources` of entries as in config.yaml. Raises ConfigError naming the file and the id."""
    try:
        entries = list(yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)["sources"])  # both loaders are safe ones
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError) as error:
        raise ConfigError(f"Danh mục nguồn {file}: không đọc được ({type(error).__name__})") from error
    found: dict[str, Source] = {}
    for number, entry in enumerate(entries, 1):
        name = entry.get("id", "") if isinstance(entry, dict) else ""
        source = valid(entry, f"Danh mục nguồn {file}, " + (f"nguồn “{name}”" if name else f"mục thứ {number}"))
        if source.id in found:
            raise ConfigError(f"Danh mục nguồn {file}: trùng mã “{source.id}”")
        found[source.id] = source
    return tuple(found.values())


def valid(entry: object, where: str) -> Source:
    """Make a record of an entry as config.yaml would hold it. Raises ConfigError beginning with `where`."""
    try:
        source = SourceConfig.model_validate(entry).to_record()
    except ValidationError as error:
        raise ConfigError(f"{where}: {sentence(error)}") from error
    if wrong := fault(source):
        raise ConfigError(f"{where}: {wrong}")
    return source


def fault(source: Source) -> str:
    """Why an entry cannot be used as it stands, in Vietnamese; "" when it can. Its kind is looked at when it is used."""
    if not source.name.strip():
        return "thiếu tên (name)"
    if source.url and resolve(source.url, source.url) is None:
        return f"url “{source.url:.80}” không phải địa chỉ http:// hoặc https:// dùng được"
    if source.enabled and source.kind in WITHOUT_SCHEDULE:
        return f"nguồn loại {source.kind} không đọc theo lịch nên để enabled: false; vẫn nhập tin vào được"
    if source.enabled and not (source.url or source.options):  # some APIs name a channel in the options
        return "nguồn đang bật mà chưa có địa chỉ (url); tìm bằng: monitor sources test"
    return ""


def unreadable(source: Source) -> str:
    """Why no collector reads this entry, in Vietnamese: an unknown kind, or an option that it does not know; "" when one does."""
    kinds = plugins.names("crawlers.collectors")
    if source.kind not in kinds:
        return f"không có loại (kind) “{source.kind:.40}”; hiện có: {', '.join(kinds)}"
    try:
        collect.check(source)
    except MonitorError as error:
        return str(error).removeprefix(f"Nguồn “{source.id}”: ")
    return ""


def entry(source: Source) -> dict[str, Any]:
    """An entry as config.yaml would hold it: only what differs from the defaults, in the usual order."""
    config = SourceConfig(**{name: getattr(source, name) for name in SourceConfig.model_fields if name != "options"})
    given: dict[str, Any] = {"id": source.id, "name": source.name, "kind": source.kind, "url": source.url}
    given |= {"homepage": source.homepage} if source.homepage else {}
    given |= {"tier": source.tier}
    given |= {name: value for name, value in config.model_dump(exclude_defaults=True).items() if name not in given}
    if source.official == (source.tier in ("official", "ward")):
        del given["official"]
    if source.options:
        given["options"] = plain(source.options)
    return given


def plain(value: object) -> Any:
    """`value` with mappings as dicts and sequences as lists, for YAML and JSON."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def line(source: Source) -> str:
    """An entry as one line of YAML, for the list `sources` of config.yaml."""
    shown: str = yaml.safe_dump(entry(source), default_flow_style=True, width=100_000, allow_unicode=True, sort_keys=False)
    return f"  - {shown.strip()}"


def new_id(words: str, taken: Collection[str]) -> str:
    """An id made of `words` that is not taken yet."""
    made = re.sub("[^a-z0-9]+", "_", fold(words)).strip("_")[:50].rstrip("_")
    made = made if len(made) >= 2 else f"nguon_{made}".rstrip("_")
    number = 1
    while (found := made if number == 1 else f"{made}_{number}") in taken:
        number += 1
    return found
