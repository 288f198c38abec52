"""Templates: an empty field sends nothing, a lead's data is never executed, and no template hangs."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.engine.liquid_dialect import FILTERS
from domain.engine.message_fields import KNOWN_FIELDS, message_fields
from domain.engine.templates import check, render, render_header
from domain.errors import MergeFieldMissing, TemplateInvalid
from tests.properties import examples

LEAD = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "name": "Ada Lovelace",
    "company": "Müller & Söhne",
    "title": "",
    "tags": ["trial", "eu"],
    "custom": {"none": [], "plan": "pro", "seats": "3", "renews": "2026-12-01", "nothing": " "},
    "sender": {"name": "Bo", "email": "bo@us.example"},
    "sequence": {"name": "Cold outreach"},
    "now": datetime(2026, 3, 4, 9, 30, tzinfo=UTC),
}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Hi {{name}}, about {{ company }}", "Hi Ada Lovelace, about Müller & Söhne"),
        ("{{ custom.plan }} {{ custom['plan'] }} {{ sender.name }}", "pro pro Bo"),
        ("Hi {{ title | default: 'there' }}", "Hi there"),
        ("Hi {{ nobody | default: 'there' }}", "Hi there"),
        ("Hi {{ custom.nothing | default: 'there' }}", "Hi there"),
        ("{{ title | prepend: 'Dear ' | default: 'Hello' }}", "Hello"),
        ("{{ title | upcase | default: company | default: 'you' }}", "Müller & Söhne"),
        ("[{{ title | default: '' }}]", "[]"),
        ("{{ tags | join: ', ' }} {{ tags | size }} {{ tags[0] }}", "trial, eu 2 trial"),
        ("{{ custom.seats | times: 12 }}", "36"),
        ("{{ now | date: '%d.%m.%Y' }} {{ 'now' | date: '%H:%M' }}", "04.03.2026 09:30"),
        ("{{ custom.renews | date: '%B' }}", "December"),
        ("{% if title %}x{% else %}none{% endif %}", "none"),
        (
            "{% if title == blank %}1{% endif %}{% if nobody == empty %}2{% endif %}{% if title == '' %}3{% endif %}",
            "123",
        ),
        ("{% if name != blank and title == nil %}yes{% endif %}{% unless custom.nothing %}!{% endunless %}", "yes!"),
        ("{% assign team = title | append: ' team' %}{% if team %}{{ team }}{% else %}none{% endif %}", "none"),
        ("{% for tag in tags %}{{ forloop.index }}{{ tag }} {% endfor %}", "1trial 2eu "),
        ("{% raw %}{{ name }}{% endraw %}{% comment %}{{ nobody }}{% endcomment %}", "{{ name }}"),
        ("{% liquid\nassign who = first_name\necho who\n%}", "Ada"),
    ],
)
def test_templates_render_as_expected(source: str, expected: str) -> None:
    assert render(source, LEAD, html=False) == expected


@pytest.mark.parametrize(
    ("source", "field"),
    [
        ("Hi {{ title }},", "title"),
        ("Hi {{ nobody }},", "nobody"),
        ("{{ custom.missing }}", "custom.missing"),
        ("{{ custom.missing.deeper }}", "custom.missing.deeper"),
        ("{{ custom.nothing }}", "custom.nothing"),
        ("{{ title | append: '!' }}", "title"),
        ("{{ 'Dear ' | append: title }}", "title"),
        ("{{ title | default: nobody | append: '!' }}", "title"),
        ("{% assign a = title | upcase %}{{ a }}", "title"),
        ("{% echo title %}", "title"),
        ("{% liquid\necho title\n%}", "title"),
        ("{% capture c %}{% if title %}x{% endif %}{% endcapture %}{{ c }}", "c"),
        ("{{ custom.none | join: ', ' }}", "custom.none"),
        ("{{ name | strip_html | replace: 'Ada Lovelace', ' ' }}", "name"),
    ],
)
def test_an_empty_field_refuses_the_email_and_is_named(source: str, field: str) -> None:
    with pytest.raises(MergeFieldMissing) as caught:
        render(source, LEAD, html=False)
    assert caught.value.field == field
    assert caught.value.code == "merge_field_missing"
    assert caught.value.extra == {"field": field}


def test_now_comes_from_the_caller_and_not_from_the_clock() -> None:
    with pytest.raises(MergeFieldMissing):
        render("{{ now | date: '%Y' }}", {}, html=False)
    with pytest.raises(MergeFieldMissing):
        render("{{ 'today' | date: '%Y' }}", {}, html=False)


@pytest.mark.parametrize("html", [False, True])
def test_a_leads_data_is_never_a_template(html: bool) -> None:
    name = "{{ 7 | times: 6 }}{% raw %}"
    assert render("{{ first_name }}", {"first_name": name}, html=html) == name


def test_html_escapes_lead_data_and_keeps_the_authors_markup() -> None:
    lead = {"first_name": "<script>alert(1)</script>", "company": 'Say "Hi" & Co'}
    assert render("<p>{{ first_name }}</p>", lead, html=True) == "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"
    assert render('<a title="{{ company }}">', lead, html=True) == '<a title="Say &#34;Hi&#34; &amp; Co">'
    assert render("{{ first_name | prepend: '<b>' }}", lead, html=True).startswith("<b>&lt;script")
    assert render("{% capture c %}{{ first_name }}{% endcapture %}{{ c }}", lead, html=True).startswith("&lt;")
    assert render("{{ company }}", lead, html=False) == 'Say "Hi" & Co'


_STEPS = st.sampled_from(
    sorted(FILTERS - {"at_least", "at_most", "divided_by", "modulo", "plus", "minus", "times", "round"})
)
_ARGUMENTS = {
    "append": ": first_name",
    "prepend": ": first_name",
    "join": ": first_name",
    "split": ": ' '",
    "remove": ": 'b'",
    "remove_first": ": 'b'",
    "remove_last": ": 'b'",
    "replace": ": 'b', first_name",
    "replace_first": ": 'b', first_name",
    "replace_last": ": 'b', first_name",
    "slice": ": 0, 20",
    "truncate": ": 40, first_name",
    "truncatewords": ": 3, first_name",
}


@examples(300)
@given(chain=st.lists(_STEPS, min_size=1, max_size=4), start=st.sampled_from(["first_name", "'<b>bold</b>'", "tags"]))
def test_no_chain_of_filters_passes_markup_from_lead_data(chain: list[str], start: str) -> None:
    lead = {"first_name": "b <script>x</script> &lt;script&gt;", "tags": ["<script>"], "custom": {}}
    source = f"{{{{ {start} | {' | '.join(step + _ARGUMENTS.get(step, '') for step in chain)} }}}}"
    try:
        rendered = render(source, lead, html=True)
    except (MergeFieldMissing, TemplateInvalid):
        return
    assert "<script" not in rendered.lower(), source


def test_a_header_is_one_line_for_any_lead_data() -> None:
    lead = {"first_name": "Ada\r\nBcc: victim@example.org", "company": "A\u2028B\x00\tC"}
    assert render_header("Hi {{ first_name }}", lead) == "Hi Ada Bcc: victim@example.org"
    assert render_header("\n {{ company }}\n", lead) == "A B C"


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in (1..100000000) %}x{% endfor %}",
        "{% for i in (1..100000000) reversed %}x{% endfor %}",
        "{{ (1..100000000) | join: ',' }}",
        "{% for i in (1..custom.seats) %}x{% endfor %}",
        "{% for i in (1..900) %}{% for j in (1..900) %}x{% endfor %}{% endfor %}",
        "{% for i in (1..900) %}{% endfor %}" * 30,
        "{% assign x = 'aaaaaaaaaa' %}{% for i in (1..900) %}{% assign x = x | append: x %}{% endfor %}",
        "{% assign x = 'aaaaaaaaaa' %}{% for i in (1..900) %}{% assign x = x | replace: 'a', x %}{% endfor %}",
        "{% assign x = 99999999 %}{% for i in (1..900) %}{% assign x = x | times: x %}{% endfor %}",
        "{{" * 100_000,
        "{{ a" + " " * 200_000 + "b }}",
        "{{ " + "(" * 100_000 + " }}",
        "{% raw %}" * 20_000,
        "{{ a" + "[a" * 5_000 + "]" * 5_000 + " }}",
        "{% if a %}" * 1_000 + "{% endif %}" * 1_000,
    ],
)
def test_a_template_that_would_hang_or_explode_is_refused(source: str) -> None:
    assert check(source, html=True)
    with pytest.raises(TemplateInvalid):
        render(source, LEAD, html=True)


@pytest.mark.parametrize(
    "source",
    [
        "{% for tag in tags limit: -1 %}x{% endfor %}",
        "{% for tag in tags limit: custom.minus %}x{% endfor %}",
        "{% if custom.map contains tags %}x{% endif %}",
        "{{ custom.late | date: '%Y' }}",
        "{{ 100000000000000000 | date: '%Y' }}",
        "{{ custom.nothing | url_decode }}",
    ],
)
def test_a_filter_without_a_result_is_refused_and_does_not_crash(source: str) -> None:
    custom = {"minus": -1, "map": {"a": 1}, "late": 2**62, "nothing": "a%00b"}
    assert check(source, html=False) == []  # It may render with another lead's data.
    with pytest.raises(TemplateInvalid):
        render(source, {"tags": ["vip"], "custom": custom}, html=False)


@pytest.mark.parametrize(
    ("source", "code", "field", "line"),
    [
        ("Hi {{ compnay }}", "unknown_field", "compnay", 1),
        ("Hi\n{% if nickname %}x{% endif %}", "unknown_field", "nickname", 2),
        ("{{ sequence.nmae }}", "unknown_field", "sequence.nmae", 1),
        ("{{ custom }}", "unknown_field", "custom", 1),
        ("\n\n{{ name | upcse }}", "unknown_filter", None, 3),
        ("{{ name | safe }}", "unknown_filter", None, 1),
        ("a\n{{ name ", "template_syntax", None, 2),
        ("{% if name %}", "template_syntax", None, 1),
        ("{% include 'x' %}", "template_syntax", None, 1),
        ("{% render 'x' %}", "template_syntax", None, 1),
        ("{% for i in (1..900) %}{% for j in (1..900) %}x{% endfor %}{% endfor %}", "template_too_expensive", None, 1),
    ],
)
def test_check_names_what_is_wrong(source: str, code: str, field: str | None, line: int) -> None:
    (problem,) = check(source, html=False)
    assert (problem.code, problem.field, problem.line) == (code, field, line)
    assert problem.at("steps[2].config.subject").field == "steps[2].config.subject"


def test_check_reports_every_problem_in_order() -> None:
    problems = check("{{ one }}\n{{ two | nope }}\n{{ three }}", html=True)
    assert [(p.code, p.line) for p in problems] == [
        ("unknown_field", 1),
        ("unknown_filter", 2),
        ("unknown_field", 2),
        ("unknown_field", 3),
    ]


@pytest.mark.parametrize(
    "source",
    [
        "Hi {{ name }}, {{ custom.anything }} {{ sender.email }} {{ sequence.name }}",
        "{{ nickname | default: first_name }}",
        "{% assign who = first_name %}{{ who }}{% for tag in tags %}{{ tag }}{% endfor %}",
        "{{ custom.seats | divided_by: custom.per }}",
        "{{ 'now' | date: '%Y' }} {{ tags.size }}",
        "{% liquid\nassign who = nickname | default: 'you'\necho who\n%}",
    ],
)
def test_check_accepts(source: str) -> None:
    assert check(source, html=False) == []


def test_check_accepts_additional_fields() -> None:
    assert check("{{ nickname }}", html=False, known_fields=KNOWN_FIELDS | {"nickname"}) == []


def test_a_message_has_a_value_for_every_known_field() -> None:
    sender = {"name": "Sam", "email": "sam@us.example", "postal_address": "1 Main Street"}
    now = datetime(2026, 11, 27, tzinfo=UTC)
    values = message_fields({"custom": {}}, sender, sequence_name="Intro", now=now, unsubscribe_url="https://u.example")
    of_groups = {f"{group}.{name}" for group in ("sender", "sequence") for name in values[group]}
    assert {*values, *of_groups} - {"custom", "sender", "sequence"} == KNOWN_FIELDS - {"custom.*"}


@examples(300)
@given(st.text(alphabet="{}%|: .'\"()[]-#\nabrifwendoecht01", max_size=120))
def test_no_template_source_crashes(source: str) -> None:
    problems = check(source, html=True)
    try:
        render(source, LEAD, html=True)
    except MergeFieldMissing:
        pass
    except TemplateInvalid as error:
        assert problems or "line" in error.detail
