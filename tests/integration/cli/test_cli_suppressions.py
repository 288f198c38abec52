"""`cadenza suppressions`: import and export of the list."""

from tests.integration.cli.conftest import Person


async def test_a_list_is_imported_and_exported(person: Person) -> None:
    file = person.file("never.csv", "value,reason\neve@acme.example,asked\nglobex.example,\nnot an address@,\n")
    ran = await person.does("suppressions", "import", file)
    assert "2 suppressed, 0 known, 0 enrollments stopped, 1 rejected" in ran.out
    assert "invalid_email" in ran.out
    exported = (await person.does("suppressions", "export")).out
    assert [line.split(",")[:3] for line in exported.splitlines()] == [
        ["kind", "value", "reason"],
        ["address", "eve@acme.example", "asked"],
        ["domain", "globex.example", "imported"],
    ]
