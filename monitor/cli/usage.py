"""What Typer says in English about a mistyped command, said in Vietnamese; and the titles of its help."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import typer
from typer import rich_utils

_QUOTED = re.compile(r"'([^']+)'")
_UNKNOWN = "Không hiểu lệnh này"


def speak_vietnamese() -> None:
    """Titles and notes of the help pages."""
    rich_utils.ARGUMENTS_PANEL_TITLE = "Tham số"
    rich_utils.OPTIONS_PANEL_TITLE = "Tùy chọn"
    rich_utils.COMMANDS_PANEL_TITLE = "Lệnh"
    rich_utils.DEFAULT_STRING = "[mặc định: {}]"
    rich_utils.ENVVAR_STRING = "[biến môi trường: {}]"
    rich_utils.REQUIRED_LONG_STRING = "[bắt buộc]"


def sentence(error: typer.TyperException) -> str:
    """One sentence on what is wrong with the command and where to read more; "" when the help page was shown instead."""
    kind = type(error).__name__
    if kind == "NoArgsIsHelpError":
        return ""
    said = _said(kind, error, str(getattr(error, "message", error)))
    command = getattr(getattr(error, "ctx", None), "command_path", "monitor")
    return f"{said}; xem cách dùng: {command} --help"


def _said(kind: str, error: typer.TyperException, message: str) -> str:
    option = getattr(error, "option_name", "")
    match kind:
        case "NoSuchOption":
            close = getattr(error, "possibilities", None) or ()
            return f"Không có tùy chọn {option}" + (f" (có phải là {', '.join(sorted(close))}?)" if close else "")
        case "BadOptionUsage":
            return f"Tùy chọn {option} " + ("cần một giá trị" if "requires" in message else "không nhận giá trị")
        case "MissingParameter":
            return f"Thiếu {_name(error)}"
        case "BadParameter":
            return f"Giá trị của {_name(error)} không hợp lệ{_wanted(error)}"
    quoted = _QUOTED.findall(message)
    if message.startswith("No such command") and quoted:
        return f"Không có lệnh “{quoted[0]}”" + (f" (có phải là {', '.join(quoted[1:])}?)" if quoted[1:] else "")
    if message.startswith("Missing command"):
        return "Thiếu tên lệnh"
    extra = re.search(r"unexpected extra argument\S* \((.*)\)", message, re.DOTALL)
    return f"Thừa tham số: {extra[1]}" if extra else _UNKNOWN


def _name(error: typer.TyperException) -> str:
    parameter: Any = getattr(error, "param", None)
    if parameter is None:
        return "tham số"
    if parameter.param_type_name == "option":
        return f"tùy chọn {parameter.opts[0]}"
    return f"tham số {str(parameter.display_name_raw).upper()}"


def _wanted(error: typer.TyperException) -> str:
    """What the parameter takes, as far as pydantic (which Typer asks) told."""
    cause: Any = error.__cause__
    if not hasattr(cause, "errors"):
        return ""
    first: Mapping[str, Any] = cause.errors()[0]
    given, ctx = first.get("input"), first.get("ctx", {})
    for bound, words in (("ge", "từ {} trở lên"), ("le", "nhiều nhất là {}")):
        if bound in ctx:
            return f": {given}, cần số {words.format(ctx[bound])}"
    return f": {given}, cần một số" if str(first.get("type", "")).startswith(("int", "float")) else f": {given}"
