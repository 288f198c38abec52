"""docs/cli.md describes every command as it is."""

from cadenza.reference.command_line import DOCUMENT, MARKER, document


def test_the_document_matches_its_generator() -> None:
    present = DOCUMENT.read_text("utf-8")
    assert present == document(present), "run: python -m cadenza.reference.command_line"


def test_every_command_and_option_has_a_description() -> None:
    made = document(MARKER)
    rows = [line.split(" | ") for line in made.splitlines() if line.startswith("| `")]
    assert len(rows) >= 40
    assert [row[0] for row in rows if not row[1].strip()] == []
    assert "\n\n\n" not in made, "a command has no description"
