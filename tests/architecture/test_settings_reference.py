"""docs/settings.md describes every setting as it is."""

from cadenza.reference.settings import DOCUMENT, docstrings, document
from cadenza.settings import Settings


def test_every_setting_has_a_description() -> None:
    assert docstrings().keys() == Settings.model_fields.keys()


def test_the_document_matches_its_generator() -> None:
    assert DOCUMENT.read_text("utf-8") == document(), "run: python -m cadenza.reference.settings"
