"""Lead files as people send them: a messy file row by row, and every way in which a file can be unusable."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.errors import Invalid
from domain.leads.importing import ImportRow, ParsedLead, RejectedRow, plan_columns
from services.leads.csv_rows import MAX_LINE, MAX_RECORD_LINES, read_leads
from tests.properties import examples

MESSY = Path(__file__).parents[2] / "data" / "leads-messy.csv"


def read(text: str | bytes, mapping: dict[str, str] | None = None) -> list[ImportRow]:
    return list(read_leads(io.BytesIO(text.encode() if isinstance(text, str) else text), mapping))


def lead(row: ImportRow) -> ParsedLead:
    assert isinstance(row, ParsedLead), row
    return row


def refusal(text: str | bytes, mapping: dict[str, str] | None = None) -> tuple[str, str]:
    with pytest.raises(Invalid) as caught:
        read(text, mapping)
    (error,) = caught.value.errors
    return error.field, error.code


@pytest.fixture(scope="module")
def messy() -> dict[int, ImportRow]:
    with MESSY.open("rb") as file:
        rows = {row.row: row for row in read_leads(file)}
        assert not file.closed
    return rows


def test_every_row_of_the_messy_file_is_a_lead_or_has_a_reason(messy: dict[int, ImportRow]) -> None:
    assert list(messy) == list(range(1, 302))
    rejected = {row.row: row.code for row in messy.values() if isinstance(row, RejectedRow)}
    assert rejected == {
        6: "invalid_email",
        7: "missing_email",
        8: "invalid_email",
        13: "invalid_email",  # An internationalised local part.
        18: "invalid_email",  # A local part of more than 64 characters.
        19: "field_too_long",
        301: "missing_email",  # Only delimiters.
    }
    good = [row.email for row in messy.values() if isinstance(row, ParsedLead)]
    assert (len(set(good)), len(good) - len(set(good))) == (293, 1)  # Created, updated.
    warned = {row.row: [w.code for w in row.warnings] for row in messy.values() if isinstance(row, ParsedLead)}
    assert {row: codes for row, codes in warned.items() if codes} == {
        10: ["line_break_removed"],
        11: ["unknown_timezone"],
        17: ["extra_fields"],
    }


def test_unusual_rows_of_the_messy_file_are_read(messy: dict[int, ImportRow]) -> None:
    assert lead(messy[4]).email == lead(messy[5]).email == "lead3@messy3.example"
    assert lead(messy[9]).company == '=HYPERLINK("http://evil.example","x")'
    assert lead(messy[10]).first_name == "Ada Bcc: victim@example.org"
    assert lead(messy[11]).timezone == "Mars/Olympus"
    assert lead(messy[12]).company == ""
    assert lead(messy[14]).first_name == "{{ 7 | times: 6 }}{% raw %}"
    assert lead(messy[15]).first_name == "<script>alert(1)</script>"
    assert (lead(messy[16]).title, lead(messy[16]).custom) == ("", {})
    assert lead(messy[20]).tags == ("A", "B")
    assert lead(messy[1]).custom.keys() == {"plan", "employees"}
    assert messy[19] == RejectedRow(
        19, "lead18@messy18.example", "field_too_long", "`company` has 10000 characters; at most 255 are kept"
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_delimiters_line_ends_and_encodings_are_recognised(delimiter: str, line_end: str, encoding: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=line_end)
    writer.writerows([["Email", "First Name", "Company"], ["ada@x.example", "Zoë 美咲", 'Say "Hi", Ltd; | Co']])
    (row,) = read(out.getvalue().encode(encoding))
    assert (lead(row).first_name, lead(row).company) == ("Zoë 美咲", 'Say "Hi", Ltd; | Co')


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("cp1252", "José Müller"),
        ("cp1252", "Anaïs Guðmundsdóttir"),
        ("cp1250", "Łukasz Wójcik"),
        ("cp1251", "Олена Шевченко"),
        ("shift_jis", "田中美咲さん"),
    ],
)
def test_legacy_encodings_of_spreadsheets_are_read(encoding: str, name: str) -> None:
    text = "email,name\n" + "".join(f"a{n}@x.example,{name}\n" for n in range(50))
    first = lead(read(text.encode(encoding))[0])
    assert f"{first.first_name} {first.last_name}".strip() == name


def test_latin_1_bytes_late_in_the_file_are_recognised() -> None:
    text = "email,first_name\n" + "a@x.example,Ada\n" * 20_000
    rows = read(text.encode() + "b@x.example,José\n".encode("cp1252"))
    assert lead(rows[-1]).first_name == "José"


def test_headers_are_recognised_however_they_are_written() -> None:
    headers = [" E-Mail ", "FIRST NAME", "surname", "Organisation", "job-title", "Mobile Phone", "Time Zone", "Labels"]
    assert plan_columns(headers) == [
        "email",
        "first_name",
        "last_name",
        "company",
        "title",
        "phone",
        "timezone",
        "tags",
    ]
    assert plan_columns(["email", "Number of Seats!", "custom.plan", "größe", "", "2nd"]) == [
        *("email", "custom.number_of_seats", "custom.plan", "custom.größe", "custom.column_5", "custom.2nd"),
    ]


def test_a_mapping_takes_precedence_over_recognised_headers() -> None:
    text = "Email,Reach me at,Vorname,Firma,Secret\nold@x.example,NEW@x.example,Ada,Acme,s\n"
    mapping = {"reach me at": "email", "VORNAME": "first_name", "Firma": "custom.firm", "secret": ""}
    row = lead(read(text, mapping)[0])
    assert (row.email, row.first_name) == ("new@x.example", "Ada")
    assert row.custom == {"email": "old@x.example", "firm": "Acme"}
    assert refusal(text, {"nowhere": "email"}) == ("mapping", "unknown_column")
    assert refusal(text, {"Firma": "firm"}) == ("mapping", "unknown_target")


def test_values_are_normalised_and_otherwise_unchanged() -> None:
    (row,) = read(
        "email;name;tz;tags;note;blank\n"
        '" ADA@X.Example ";" Ada   King\nLovelace ";europe/berlin;" b; a ,b;;|a";"one\r\ntwo\x07";  \n'
    )
    found = lead(row)
    assert (found.email, found.first_name, found.last_name) == ("ada@x.example", "Ada", "King Lovelace")
    assert (found.timezone, found.tags, found.custom) == ("Europe/Berlin", ("b", "a"), {"note": "one\ntwo"})
    assert (found.company, found.title, found.phone) == ("", "", "")


def test_a_later_row_of_an_address_adds_to_the_one_before() -> None:
    first, later = read("email,name,title,tags,a,b\nx@y.de,Ada King,CEO,one;two,1,2\nX@Y.de,Ada Byron,,two;three,,3\n")
    both = lead(first).updated_by(lead(later))
    assert (both.row, both.email, both.first_name, both.last_name, both.title) == (1, "x@y.de", "Ada", "Byron", "CEO")
    assert (both.tags, both.custom) == (("one", "two", "three"), {"a": "1", "b": "3"})


@pytest.mark.parametrize(
    ("value", "column", "code"),
    [
        ("x" * 201, "first_name", "field_too_long"),
        ("x" * 256, "title", "field_too_long"),
        ("x" * 2001, "note", "field_too_long"),
        ("x" * 101, "tags", "field_too_long"),
        ("|".join(map(str, range(101))), "tags", "too_many_tags"),
    ],
)
def test_a_value_over_a_limit_rejects_its_row_with_a_code(value: str, column: str, code: str) -> None:
    (bad, good) = read(f"email,{column}\na@x.example,{value}\nb@x.example,ok\n")
    assert isinstance(bad, RejectedRow) and (bad.code, bad.email) == (code, "a@x.example")
    assert lead(good).row == 2


@pytest.mark.parametrize(
    "address", ["x" * 300 + "@x.example", "a b@x.example", "@", "a@b", "<a@x.example>", "a@x..example"]
)
def test_an_invalid_address_is_rejected_with_a_reason(address: str) -> None:
    (row,) = read(f"email\n{address}\n")
    assert isinstance(row, RejectedRow) and row.code == "invalid_email" and row.detail


def test_an_international_domain_is_stored_in_ascii() -> None:
    assert lead(read("email\nJose@EXÄMPLE.example\n")[0]).email == "jose@xn--exmple-cua.example"


def test_a_quote_that_is_never_closed_costs_one_row() -> None:
    body = "".join(f"lead{n}@x.example,Ada,Acme\n" for n in range(MAX_RECORD_LINES * 2))
    rows = read('email,first_name,company\na@x.example,"Ada,Acme\n' + body)
    assert isinstance(rows[0], RejectedRow) and rows[0].code == "broken_quotes"
    assert [lead(row).row for row in rows[1:]] == list(range(2, MAX_RECORD_LINES * 2 + 2))


@pytest.mark.parametrize("after", ["b@x.example,Bo,Acme\n", 'b@x.example,"Bo",Acme\nc@x.example,Cy,Acme\n'])
def test_a_quote_closed_by_another_rows_quote_or_the_end_costs_one_row(after: str) -> None:
    rows = read('email,first_name,company\na@x.example,"Ada,Acme\n' + after)
    assert isinstance(rows[0], RejectedRow) and rows[0].code == "broken_quotes"
    assert [lead(row).company for row in rows[1:]] == ["Acme"] * after.count("\n")


def test_a_row_that_is_wrongly_quoted_but_complete_is_kept() -> None:
    rows = read('email,company\na@x.example,"Say "Hi" Ltd"\nb@x.example,Acme\nc@x.example,"Initech')
    assert [lead(row).company for row in rows] == ['Say Hi" Ltd"', "Acme", "Initech"]


def test_a_huge_line_costs_one_row() -> None:
    rows = read(f"email,company\na@x.example,{'x' * MAX_LINE * 3}\nb@x.example,Acme\n")
    assert isinstance(rows[0], RejectedRow) and rows[0].code == "row_too_long"
    assert lead(rows[1]).row == 2


def test_nul_blank_lines_and_quotes_inside_values_are_read() -> None:
    rows = read('\n\nemail,company\n\na@x.example,5" pipe\x00s\n\n\nb@x.example,"a ""b"""\n')
    assert [lead(row).company for row in rows] == ['5" pipes', 'a "b"']


def test_the_delimiter_line_of_excel_is_recognised() -> None:
    assert lead(read("sep=;\nemail;company\na@x.example;A,B,C,D\n")[0]).company == "A,B,C,D"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty_file"),
        ("\ufeff \n\n", "empty_file"),
        ("name,company\nAda,Acme\n", "missing_column"),
        ("ada@x.example,Ada\nbo@x.example,Bo\n", "missing_header"),
        ("Email,E-mail\na@x.example,b@x.example\n", "duplicate_column"),
        ("email,plan,Plan\n", "duplicate_column"),
        ("email," + ",".join(f"c{n}" for n in range(51)), "too_many_columns"),
        (
            ";" * (MAX_LINE - 1),
            "missing_column",
        ),  # This would take minutes if each column were compared with all columns before it.
        ("x" * (MAX_LINE + 1), "not_csv"),
        (b"PK\x03\x04rest of a spreadsheet", "not_csv"),
        (b"%PDF-1.7", "not_csv"),
    ],
)
def test_an_unusable_file_is_refused_with_a_reason(text: str | bytes, code: str) -> None:
    assert refusal(text) == ("file", code)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(Invalid, match="no column is for `email`; the columns are 'name', 'company'"):
        read("name,company\n")


def test_a_file_with_a_header_only_has_no_rows() -> None:
    assert read("email,company\n") == []


def test_a_file_can_be_read_in_chunks_and_row_by_row() -> None:
    def chunks() -> Iterator[bytes]:
        yield b"ema"
        yield b"il,company\na@x.example,M\xc3"
        yield b"\xbcller\n"

    assert lead(next(read_leads(chunks()))).company == "Müller"


@examples(300)
@given(st.binary(max_size=300), st.sampled_from([b"", b"email,name\n", b"\xff\xfee\x00m\x00a\x00i\x00l\x00\n\x00"]))
@example(b'"\n"\n"\r"\r\n\x00', b"email,name\n")
@example(b"\xff\xfe\x00", b"")
@example(b"\x00" * 100, b"")
def test_no_bytes_crash_the_reader(data: bytes, header: bytes) -> None:
    try:
        rows = list(read_leads(io.BytesIO(header + data)))
    except Invalid as error:
        assert error.errors
        return
    assert [row.row for row in rows] == list(range(1, len(rows) + 1))
