"""docs/settings.md tells of every setting as it is."""

from cadenza.reference.settings import DOCUMENT, docstrings, document
from cadenza.settings import Settings


def test_every_setting_says_what_it_is_for() -> None:
    assert docstrings().keys() == Settings.model_fields.keys()


def test_the_document_is_what_the_source_makes() -> None:
    assert DOCUMENT.read_text("utf-8") == document(), "run: python -m cadenza.reference.settings"
