"""Prints the table, one module after the other."""

import importlib
import pkgutil
import sys

import tests.evaluate_collect as here
from tests.bars import table

names = sys.argv[1:] or [m.name for m in pkgutil.iter_modules(here.__path__) if m.name != "__main__"]
print(table(row for name in names for row in importlib.import_module(f"tests.evaluate_collect.{name}").rows()))
