"""Finds the classes of a registry: every module of a package is imported, and each class enters itself.

Adding one is then a file and nothing else; no list has to be kept.
"""

from collections.abc import Iterable
from importlib import import_module
from pkgutil import iter_modules


def import_modules(package: str, path: Iterable[str]) -> None:
    """Imports every module of a package; call it from the package's `__init__` with `__name__` and `__path__`."""
    for module in iter_modules(path):
        import_module(f"{package}.{module.name}")
