"""Each diagram is generated from its text, is shown on a page, and agrees with the program."""

import importlib.util
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from types import ModuleType

import pytest

from domain.enrollments.status import EnrollmentStatus
from services.fault_points import FaultPoint

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "diagrams"
SOURCES = sorted(FOLDER.glob("*.txt"))


def drawing() -> ModuleType:
    found = importlib.util.spec_from_file_location("draw", FOLDER / "draw.py")
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_every_diagram_matches_its_text_and_is_shown_on_a_page(source: Path) -> None:
    svg = source.with_suffix(".svg").read_text("utf-8")
    assert svg == drawing().drawn(source.read_text("utf-8")), "run: python docs/diagrams/draw.py"
    ElementTree.fromstring(svg)
    assert any(f"(diagrams/{source.stem}.svg)" in page.read_text("utf-8") for page in (ROOT / "docs").glob("*.md"))


def test_every_diagram_has_a_text() -> None:
    assert {path.stem for path in FOLDER.glob("*.svg")} == {path.stem for path in SOURCES}


def test_the_crash_points_and_statuses_are_those_of_the_program() -> None:
    points = {
        point for source in SOURCES for point in re.findall(r"^crash (\w+):", source.read_text("utf-8"), re.MULTILINE)
    }
    assert points and points <= {str(point) for point in FaultPoint}
    states = set(re.findall(r"^box (\w+)", (FOLDER / "states.txt").read_text("utf-8"), re.MULTILINE))
    assert states - {"none"} == {str(status) for status in EnrollmentStatus}
