"""Finds the classes of a registry. It imports every module of a package, and each class registers itself on import.

A new class then needs only one new file. There is no list to maintain.
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
