"""What the API answers while Postgres cannot do its part, by what Postgres says."""

import pytest
from sqlalchemy import text

from cadenza.embedded import EmbeddedPostgres
from cadenza.embedded.postgres_roles import superuser
from tests.integration.api.client import Tenant

FAILING = "tests_failing_insert"


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("53100", "database_full"),
        ("25006", "database_read_only"),
        ("53200", "unavailable"),  # out of memory
        ("58030", "unavailable"),  # the disk fails
        ("57014", "unavailable"),  # cancelled: it took too long
        ("55P03", "unavailable"),  # somebody holds the lock
    ],
)
async def test_a_write_that_postgres_cannot_do_now_may_be_sent_again(
    tenant: Tenant, migrated_postgres: EmbeddedPostgres, state: str, code: str
) -> None:
    """The state is raised inside Postgres, for this tenant's leads alone."""
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
