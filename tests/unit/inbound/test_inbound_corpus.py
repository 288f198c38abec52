"""Every message of the corpus (tests/corpus/inbound) is classified as its manifest says."""

import pytest

from mail.inbound import parse_inbound
from tests.corpus.world import INBOUND, Specimen, specimens

ALL = specimens()


@pytest.mark.parametrize("specimen", ALL, ids=lambda one: one.file)
def test_a_message_is_classified_as_the_manifest_says(specimen: Specimen) -> None:
    found = parse_inbound(specimen.raw)
    if specimen.told_by_bytes is not None:
        assert found.classification == specimen.told_by_bytes, found.rule
        assert specimen.rule in (None, found.rule)
        assert specimen.note == (found.note if found.classification == "auto_reply" else specimen.note)
    if specimen.names_date:
        assert specimen.returns_on == (found.returns_on.isoformat() if found.returns_on else None)
    assert specimen.status in (None, found.status)
    assert specimen.recipient in (None, found.final_recipient)


def test_the_corpus_is_complete() -> None:
    """Every file has an entry in a manifest, and there are enough messages of each kind."""
    assert {one.file for one in ALL} == {str(path.relative_to(INBOUND)) for path in INBOUND.rglob("*.eml")}
    kinds = [one.classification for one in ALL]
    for kind in ("reply", "auto_reply", "hard_bounce", "soft_bounce", "complaint", "unsubscribe", "own", "unrelated"):
        assert kinds.count(kind) >= 5, kind
    assert len(ALL) >= 100
