"""The API's answers to each kind of failure of Postgres."""

import pytest
from sqlalchemy import text

from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.postgres_roles import superuser
from tests.integration.api.client import Tenant

FAILING = "tests_failing_insert"


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("53100", "database_full"),
        ("25006", "database_read_only"),
        ("53200", "unavailable"),  # out of memory
        ("58030", "unavailable"),  # an I/O error of the disk
        ("57014", "unavailable"),  # cancelled after the statement timeout
        ("55P03", "unavailable"),  # the lock timeout has passed
    ],
)
async def test_a_failed_write_answers_503_and_can_be_repeated(
    tenant: Tenant, migrated_postgres: EmbeddedPostgres, state: str, code: str
) -> None:
    """A trigger raises the SQLSTATE inside Postgres, for leads of this tenant only."""
    name = f"{FAILING}_{tenant.id.hex}"
    url = migrated_postgres.url("postgres", "cadenza")
    await _run(
        url,
        f"""CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'not now' USING ERRCODE = '{state}'; END $$""",
        f"""CREATE TRIGGER {name} BEFORE INSERT ON leads FOR EACH ROW
            WHEN (NEW.tenant_id = '{tenant.id}') EXECUTE FUNCTION {name}()""",
    )
    try:
        response = await tenant.http.post("/leads", json={"email": "ada@acme.example"})
        assert (response.status_code, response.json()["code"]) == (503, code)
        assert int(response.headers["Retry-After"]) > 0
        assert (await tenant.http.get("/leads")).json()["items"] == []
    finally:
        await _run(url, f"DROP TRIGGER {name} ON leads", f"DROP FUNCTION {name}()")
    await tenant.lead(email="ada@acme.example")


async def _run(url: str, *statements: str) -> None:
    async with superuser(url) as connection:
        for statement in statements:
            await connection.execute(text(statement))
