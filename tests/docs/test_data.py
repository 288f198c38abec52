"""Blocks in other languages are valid: SQL, sequences in YAML, JSON, Python."""

import ast
import json

import asyncpg
import httpx
import pytest

from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.postgres_roles import SUPERUSER
from tests.docs.conftest import Reader
from tests.docs.pages import Block, blocks, pages

# Its examples are run together, as a whole, by tests/engine/sequences/test_extending.py.
EXTENDING = "docs/extending.md"
ONE_STEP = "steps: [{key: only, type: email, config: {subject: Hello, body_text: Hello}}]"


def every(language: str) -> list[Block]:
    return [block for page in pages() for block in blocks(page) if block.language == language]


async def test_postgres_takes_all_sql(migrated_postgres: EmbeddedPostgres) -> None:
    """Runs each block as a superuser, and rolls it back."""
    found = every("sql")
    assert found
    connection = await asyncpg.connect(migrated_postgres.url(SUPERUSER))
    try:
        for block in found:
            transaction = connection.transaction()
            await transaction.start()
            await connection.execute(block.text)
            await transaction.rollback()
    finally:
        await connection.close()


@pytest.mark.parametrize("page", ["docs/sequences-as-code.md", "docs/sending.md"])
async def test_sequences_can_be_imported_and_run(page: str, reader: Reader) -> None:
    found = [block for block in blocks(page) if block.language == "yaml"]
    assert found
    async with httpx.AsyncClient(
        base_url=reader.api_url, headers={"Authorization": f"Bearer {reader.key}"}, trust_env=False, timeout=60
    ) as api:
        for block in found:
            made = await api.post(
                "/sequences/import", content=whole(block).encode(), headers={"Content-Type": "application/yaml"}
            )
            assert made.status_code == 201, f"{block.place}: {made.text}"
            active = await api.put(f"/sequences/{made.json()['id']}", json={"status": "active"})
            assert active.is_success, f"{block.place}: {active.text}"


def whole(block: Block) -> str:
    """A whole sequence. A fragment without steps, such as settings, gets one step."""
    if "\nsteps:" in block.text:
        return block.text
    return f"version: 1\nname: A fragment\n{block.text}{ONE_STEP}\n"


def test_every_yaml_block_is_a_sequence_that_is_tried() -> None:
    assert {block.page for block in every("yaml")} == {"docs/sequences-as-code.md", "docs/sending.md"}


@pytest.mark.parametrize("block", every("json"), ids=lambda block: block.place)
def test_json_is_json(block: Block) -> None:
    for line in [block.text] if block.text.count("\n{") == 0 else block.text.splitlines():
        json.loads(line)


@pytest.mark.parametrize("block", every("python"), ids=lambda block: block.place)
def test_python_runs(block: Block) -> None:
    if block.page == EXTENDING:
        ast.parse(block.text)
    else:
        exec(compile(block.text, block.place, "exec"), {"__name__": "shown"})
