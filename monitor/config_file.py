"""Reads config.yaml, the .env beside it and the environment into a Config; every mistake is one sentence naming file, key or variable."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_settings import EnvSettingsSource, SettingsError

from monitor.config import PREFIX, Config
from monitor.errors import ConfigError, reason

NOT_KEYS = ("MONITOR_CONFIG", "MONITOR_TEST_", "MONITOR_REQUIRE_")  #: variables (or their beginnings) that are no keys of the configuration


def load(path: Path, kind: type[Config] = Config) -> Config:
    """Read and check a configuration file; with `FileConfig` nothing but the file counts.

    Raises:
        ConfigError: one sentence that names the file and the key or line.
    """
    raw = _read(path)
    if kind is Config:
        _read_env_file(path.parent / ".env")
        _refuse_unknown_variables()
    try:
        return kind(**raw)
    except SettingsError:
        name = next((name for name, given in _from_environment() if given is None), PREFIX + "…")
        raise ConfigError(f"Biến môi trường {name}: giá trị không đọc được, cần viết dạng JSON (ví dụ: [1, 2])") from None
    except ValidationError as error:
        where = (_variable_of(error) if kind is Config else None) or f"Tệp cấu hình {path}"
        raise ConfigError(f"{where}: {sentence(error)}") from error


def _read(path: Path) -> dict[str, Any]:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"Không tìm thấy tệp cấu hình {path}; tạo tệp mẫu bằng lệnh: monitor init") from None
    except OSError as error:
        raise ConfigError(f"Không đọc được tệp cấu hình {path}: {reason(error)}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"Tệp cấu hình {path} không phải UTF-8 (byte thứ {error.start})") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date such as 2026-13-40
        mark = getattr(error, "problem_mark", None)
        where = f", dòng {mark.line + 1}, cột {mark.column + 1}" if mark else ""
        raise ConfigError(f"Tệp cấu hình {path}{where}: sai cú pháp YAML") from error
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise ConfigError(f"Tệp cấu hình {path}: phải là các cặp khóa: giá trị")
    for key in raw:
        if key not in Config.model_fields:  # also keys that pydantic-settings would take as orders to itself, such as _env_file
            raise ConfigError(f"Tệp cấu hình {path}: khóa lạ “{key}”{_perhaps(str(key), Config.model_fields)}")
    return raw


def sentence(error: ValidationError) -> str:
    """The first complaint about some settings, in Vietnamese, with its key."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"]) or "(gốc)"
    more = f" (và {error.error_count() - 1} lỗi khác)" if error.error_count() > 1 else ""
    match first["type"]:
        case "extra_forbidden":
            return f"khóa lạ “{key}”{more}"
        case "missing":
            return f"thiếu khóa “{key}”{more}"
        case "value_error" if not first["loc"]:
            return f"{first['ctx']['error']}{more}"
    wrong = "" if first["loc"] and first["loc"][-1] in ("token", "password") else f" {_shown(first.get('input'))}"
    return f"khóa “{key}”: giá trị{wrong} không hợp lệ{_wanted(first['type'], first.get('ctx', {}))}{more}"


def _shown(value: object) -> str:
    return "" if isinstance(value, dict | list) else f"{value!r:.60}"


def _wanted(kind: str, ctx: dict[str, Any]) -> str:
    """What pydantic asked for, as ", cần …"; nothing for kinds that no key of ours can meet."""
    if kind == "string_pattern_mismatch":
        return f", cần đúng mẫu {ctx['pattern']}"
    if kind in ("literal_error", "enum"):
        return ", cần một trong: " + ", ".join(re.findall("'([^']*)'", ctx["expected"]))
    for bound, words in (("ge", "từ {} trở lên"), ("gt", "lớn hơn {}"), ("le", "nhiều nhất {}"), ("lt", "nhỏ hơn {}")):
        if bound in ctx:
            return f", cần số {words.format(ctx[bound])}"
    kinds = {
        "int": "một số nguyên", "float": "một số", "finite": "một số", "bool": "true hoặc false", "string": "chữ", "path": "đường dẫn",
        "list": "một danh sách", "tuple": "một danh sách", "too_long": f"nhiều nhất {ctx.get('max_length')} mục",
        "model": "các cặp khóa: giá trị", "dict": "các cặp khóa: giá trị",
    }  # fmt: skip
    return next((f", cần {words}" for beginning, words in kinds.items() if kind.startswith(beginning)), "")


def _perhaps(name: str, known: Any) -> str:
    close = difflib.get_close_matches(name, list(known), 1, 0.75)
    return f"; có phải là {close[0]} không?" if close else ""


def _variables(model: type[BaseModel] = Config, prefix: str = PREFIX) -> Iterator[str]:
    """The name of every variable that sets a key."""
    for name, field in model.model_fields.items():
        yield prefix + name.upper()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _variables(field.annotation, f"{prefix}{name.upper()}__")


def _stranger(name: str) -> str | None:
    """The words about a MONITOR_ variable that sets nothing; None when it is one of ours, or none of our business."""
    known = list(_variables())
    if not name.upper().startswith(PREFIX) or name.upper() in known or name.upper().startswith(NOT_KEYS):
        return None
    return f"biến {name} không đặt khóa nào của cấu hình{_perhaps(name.upper(), known)}"


def _refuse_unknown_variables() -> None:
    for name in sorted(os.environ):
        words = _stranger(name)
        if words:
            raise ConfigError(f"Môi trường: {words}")


def _from_environment() -> Iterator[tuple[str, dict[str, Any] | None]]:
    """What each variable sets when it stands alone, the most specific first; None when it cannot be read."""
    for name in sorted((n for n in os.environ if n.upper().startswith(PREFIX)), key=lambda n: (-n.count("__"), n)):
        source = EnvSettingsSource(Config)
        source.env_vars = {name.lower(): os.environ[name]}
        try:
            yield name, source()
        except SettingsError:
            yield name, None


def _variable_of(error: ValidationError) -> str | None:
    """The variable whose value the first complaint is about; None: it came from the file."""
    first = error.errors()[0]
    place = first["loc"][:-1] if first["type"] == "missing" else first["loc"]
    for name, given in _from_environment():
        value: Any = given
        for part in place:
            inside = part in value if isinstance(value, dict) else isinstance(value, list) and int(part) < len(value)
            if not inside:
                break
            value = value[part]
        else:
            if place:
                return f"Biến môi trường {name}"
    return None


def _read_env_file(path: Path) -> None:
    """Settings of an .env file beside config.yaml; what the environment already holds wins."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return
    except OSError as error:
        raise ConfigError(f"Không đọc được tệp {path}: {reason(error)}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"Tệp {path} không phải UTF-8 (byte thứ {error.start})") from error
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        key, sign, value = (part.strip() for part in line.removeprefix("export ").partition("="))
        if not sign or "\0" in line:
            raise ConfigError(f"Tệp {path}, dòng {number}: cần dạng TÊN=giá trị")
        words = _stranger(key)
        if words:
            raise ConfigError(f"Tệp {path}, dòng {number}: {words}")
        if key.startswith(PREFIX) and value:
            os.environ.setdefault(key, value.strip("\"'"))
