"""docs/errors.md lists every code, and no code that no longer exists."""

import pytest

from cadenza.reference.error_advice import ADVICE
from cadenza.reference.errors import DOCUMENT, codes, document, problem_classes
from domain.errors import DomainError


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
