"""The documentation builds as a site, without dead links and without external resources."""

import html
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
# Resources that a page loads by itself. Links that a person follows do not count.
LOADED = re.compile(
    r"""<(?:script|img|iframe)[^>]*\ssrc="?(https?:)?//|<link[^>]*\shref="?(https?:)?//|@import|url\(["']?https?:"""
)


def built(folder: Path, config: Path = ROOT / "mkdocs.yml") -> subprocess.CompletedProcess[str]:
    options = ("--config-file", str(config), "--site-dir", str(folder))
    command = [sys.executable, "-m", "mkdocs", "build", *options]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    ran = built(folder)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return folder


def test_every_document_is_a_page(site: Path) -> None:
    docs = ROOT / "docs"
    documents = {str(path.relative_to(docs).with_suffix(".html")) for path in docs.rglob("*.md")}
    assert documents <= {str(path.relative_to(site)) for path in site.rglob("*.html")}


def test_no_page_loads_external_resources(site: Path) -> None:
    pages = [*site.rglob("*.html"), *site.rglob("*.css")]
    assert [str(page.relative_to(site)) for page in pages if LOADED.search(page.read_text("utf-8"))] == []


def test_the_reference_of_the_api_has_every_endpoint_with_its_answers_and_every_shape(site: Path) -> None:
    api = json.loads((ROOT / "web" / "openapi.json").read_text("utf-8"))
    page = html.unescape(re.sub(r"<[^>]+>", "", (site / "rest.html").read_text("utf-8")))
    endpoints = {f"{method.upper()} {path}": one for path, ways in api["paths"].items() for method, one in ways.items()}
    assert len(endpoints) >= 90
    sections = dict(
        zip(
            *[iter(re.split(r"^((?:GET|POST|PUT|PATCH|DELETE) /\S+)¶$", page, flags=re.MULTILINE)[1:])] * 2, strict=True
        )
    )
    assert sections.keys() == endpoints.keys()
    for title, endpoint in endpoints.items():
        statuses = set(re.findall(r"\b[2345]\d\d\b", sections[title]))
        assert set(endpoint["responses"]) <= statuses, title
    for shape in api["components"]["schemas"]:
        assert f"\n{shape}¶" in page, shape


def test_the_site_has_every_diagram_without_its_source(site: Path) -> None:
    drawn = {path.name for path in (ROOT / "docs" / "diagrams").glob("*.svg")}
    assert drawn and {path.name for path in (site / "diagrams").iterdir()} == drawn


@pytest.mark.parametrize("link", ["[gone](gone.md)", "[gone](#gone)"])
def test_a_dead_link_fails_the_build(tmp_path: Path, link: str) -> None:
    config = (ROOT / "mkdocs.yml").read_text("utf-8")
    (tmp_path / "mkdocs.yml").write_text(config[: config.index("\nnav:")] + "\n", "utf-8")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text(f"# A page\n\n{link}\n", "utf-8")
    ran = built(tmp_path / "site", tmp_path / "mkdocs.yml")
    assert ran.returncode != 0
    assert "gone" in ran.stdout + ran.stderr
