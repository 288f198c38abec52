"""docs/errors.md lists every code, and no code that no longer exists."""

import subprocess
import sys

import pytest

from cadenza.reference.error_advice import ADVICE
from cadenza.reference.errors import DOCUMENT, ROOT, codes, document, problem_classes
from domain.errors import DomainError
from domain.failures import CODES_OF_CLASS_NAMES


@pytest.mark.parametrize("section", sorted(ADVICE))
def test_every_code_has_advice_and_no_advice_is_left_over(section: str) -> None:
    assert codes()[section] == ADVICE[section].keys()
    assert all(advice.endswith(".") for advice in ADVICE[section].values())


def test_the_document_matches_its_generator() -> None:
    assert DOCUMENT.read_text("utf-8") == document(), "run: python -m cadenza.reference.errors"


def test_every_error_class_has_its_own_code() -> None:
    classes = problem_classes()
    assert len({one.code for one in classes}) == len(classes)
    assert DomainError.code not in {one.code for one in classes}
    assert all("code" in one.__dict__ and one.title and 400 <= one.status < 600 for one in classes)
    assert all("remedy" in one.__dict__ and one.remedy[0].isupper() and one.remedy.endswith(".") for one in classes)


def test_every_class_name_of_old_still_leads_to_an_error() -> None:
    """The table is frozen: nothing is added to it, and no code that it names is renamed."""
    assert len(CODES_OF_CLASS_NAMES) == 39
    assert set(CODES_OF_CLASS_NAMES.values()) <= {one.code for one in problem_classes()}


def test_the_api_knows_the_remedy_of_every_failure_of_a_step() -> None:
    """`explain` finds a class by its code, among the modules that the process has imported."""
    known = "import api.app; from domain.errors import _BY_CODE; print(*_BY_CODE)"
    told = subprocess.run([sys.executable, "-c", known], cwd=ROOT, capture_output=True, text=True, check=True)
    of_steps = {one.code for one in problem_classes() if one.__module__.split(".")[0] not in ("api", "activities")}
    assert of_steps - set(told.stdout.split()) == set()
