"""What settings are made of: durations as people write them, secrets that lie in files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr

from monitor.errors import ConfigError, reason

_DURATION = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _seconds(value: object) -> object:
    text = str(value).strip()
    if text and text[-1] in _DURATION and text[:-1].isdigit():
        return int(text[:-1]) * _DURATION[text[-1]]
    return value


Seconds = Annotated[float, Field(gt=0)]
Duration = Annotated[int, BeforeValidator(_seconds), Field(ge=0)]  #: seconds, also written 90s, 15m, 2h, 1d


def secret(value: SecretStr | None, file: Path | None) -> str | None:
    """What was given, else what the file holds; None when neither is there. Raises ConfigError."""
    if value is not None and value.get_secret_value():
        return value.get_secret_value()
    if file is None:
        return None
    try:
        return file.read_text(encoding="utf-8").strip() or None
    except UnicodeDecodeError:
        raise ConfigError(f"Tệp bí mật {file} không phải UTF-8") from None
    except OSError as error:
        raise ConfigError(f"Không đọc được tệp bí mật {file}: {reason(error)}") from error
