"""docs/errors.md tells of every code, and of none that is gone."""

import pytest

from cadenza.reference.error_advice import ADVICE
from cadenza.reference.errors import DOCUMENT, codes, document, problem_classes
from domain.errors import DomainError


@pytest.mark.parametrize("section", sorted(ADVICE))
def test_every_code_has_its_advice_and_every_advice_its_code(section: str) -> None:
    assert codes()[section] == ADVICE[section].keys()
    assert all(advice.endswith(".") for advice in ADVICE[section].values())


def test_the_document_is_what_the_source_makes() -> None:
    assert DOCUMENT.read_text("utf-8") == document(), "run: python -m cadenza.reference.errors"


def test_every_refusal_has_a_code_of_its_own() -> None:
    classes = problem_classes()
    assert len({one.code for one in classes}) == len(classes)
    assert DomainError.code not in {one.code for one in classes}
    assert all("code" in one.__dict__ and one.title and 400 <= one.status < 600 for one in classes)
