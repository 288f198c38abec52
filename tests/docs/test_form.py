"""Every block has the form that the tests can read. It is run, or says why not."""

import pytest

from tests.docs.pages import blocks, pages, prose, text_of

# test_shell and test_data read or run these languages. `text` is the output of a command, or a drawing.
LANGUAGES = frozenset({"sh", "sql", "yaml", "json", "python", "text"})

# How many blocks of a page no test runs. Each says why in the comment above it, and test_named checks that what it
# names exists.
NOT_RUN = {
    "CONTRIBUTING.md": 1,
    "README.md": 1,
    "docs/backup.md": 1,
    "docs/benchmarks.md": 22,
    "docs/code-versions.md": 2,
    "docs/deployment.md": 3,
    "docs/scale.md": 2,
    "docs/survival.md": 1,
    "docs/testing.md": 1,
    "docs/tutorial.md": 1,
    "docs/upgrading.md": 2,
    "docs/web.md": 2,
}


@pytest.mark.parametrize("page", pages())
def test_code_stands_in_fences(page: str) -> None:
    indented = [f"{page}:{number}" for number, line in prose(text_of(page)) if line.startswith(("    ", "\t"))]
    assert indented == [], "put code into a fence such as ```sh; do not indent it"


@pytest.mark.parametrize("page", pages())
def test_a_fence_begins_its_line_and_says_its_language(page: str) -> None:
    fences = [line for line in text_of(page).splitlines() if line.lstrip().startswith(("```", "~~~"))]
    found = blocks(page)
    assert len(fences) == 2 * len(found), "a fence must begin its line with ``` and a language, and must be closed"
    assert [block.place for block in found if block.language not in LANGUAGES] == []


def test_only_shell_blocks_are_left_out_and_no_more_than_before() -> None:
    found = [block for page in pages() for block in blocks(page) if block.not_run]
    assert [block.place for block in found if block.language != "sh"] == []
    assert {page: n for page in pages() if (n := sum(block.page == page for block in found))} == NOT_RUN


def test_every_mark_is_above_a_block() -> None:
    marks = sum(line.lstrip().startswith("<!-- not") for page in pages() for line in text_of(page).splitlines())
    assert marks == sum(bool(block.not_run) for page in pages() for block in blocks(page))


def test_the_readme_is_short_and_lists_every_page() -> None:
    readme = text_of("README.md")
    assert len(readme.splitlines()) <= 120
    documents = [page for page in pages() if page.startswith("docs/") and page.count("/") == 1]
    listed = [line for line in readme.splitlines() if line.startswith("- [")]
    index = {page for page in documents if sum(f"]({page})" in line for line in listed) == 1}
    assert set(documents) - index == {"docs/index.md"}
