"""Finds the classes of a registry: every module of a package is imported, and each class registers itself.

A new class then needs one new file. No list has to be kept.
"""

import sys
from importlib import import_module
from pkgutil import iter_modules


def import_modules(package: str) -> None:
    """Import every module of `package`. A package may call it from its own `__init__`, with `__name__`."""
    if package not in sys.modules:
        import_module(package)
    for module in iter_modules(sys.modules[package].__path__):
        import_module(f"{package}.{module.name}")
