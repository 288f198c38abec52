"""Rotating the secret keys loses no secret."""

from collections.abc import AsyncGenerator
from uuid import UUID

import pytest
from sqlalchemy import text

from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.errors import StartError
from cadenza.maintenance.rotate_secrets import rotate_secrets
from cadenza.settings import Settings
from db.session import Database
from services.key_rotation import reseal_all
from services.secret_box import SecretBox, SecretKeysMissing, new_key
from tests.stage import new_tenant


@pytest.fixture
async def database(migrated_postgres: EmbeddedPostgres) -> AsyncGenerator[Database, None]:
    one = Database(migrated_postgres.app_url)
    yield one
    await one.aclose()


async def keep(database: Database, tenant_id: UUID, smtp: str | None, imap: str | None, dkim: str) -> None:
    async with database.write(tenant_id) as session:
        mailbox = text("UPDATE mailboxes SET smtp_password = :smtp, imap_password = :imap")
        await session.execute(mailbox, {"smtp": smtp, "imap": imap})
        key = text("UPDATE sender_domains SET dkim_selector = 's', dkim_record = 'r', dkim_private_key = :dkim")
        await session.execute(key, {"dkim": dkim})


async def kept(database: Database, tenant_id: UUID) -> list[str | None]:
    async with database.read(tenant_id) as session:
        both = text("SELECT smtp_password, imap_password, dkim_private_key FROM mailboxes, sender_domains")
        return list((await session.execute(both)).one())


async def test_every_secret_of_every_tenant_is_encrypted_again(
    database: Database, migrated_postgres: EmbeddedPostgres
) -> None:
    old, new = new_key(), new_key()
    box, tenants = SecretBox([old]), [await new_tenant(database), await new_tenant(database)]
    await keep(database, tenants[0], box.seal("smtp"), box.seal("imap"), box.seal("dkim"))
    await keep(database, tenants[1], box.seal("other"), None, box.seal("dkim"))
    lost = await new_tenant(database)
    await keep(database, lost, SecretBox([new_key()]).seal("x"), None, box.seal("dkim"))
    settings = Settings.model_validate({"database_url": migrated_postgres.app_url, "secret_keys": f"{new}, {old}"})
    # It reports secrets that cannot be decrypted (here, and what other tests have left), and rotates all others.
    with pytest.raises(StartError, match="cannot be decrypted with any of CADENZA_SECRET_KEYS"):
        await rotate_secrets(settings)
    opened = [SecretBox([new]).open(one or "") for one in await kept(database, tenants[0])]
    assert opened == ["smtp", "imap", "dkim"]
    smtp, imap, dkim = await kept(database, tenants[1])
    assert (SecretBox([new]).open(smtp or ""), imap, SecretBox([new]).open(dkim or "")) == ("other", None, "dkim")
    assert SecretBox([new]).open((await kept(database, lost))[2] or "") == "dkim"


async def test_without_keys_no_secret_is_changed(database: Database, migrated_postgres: EmbeddedPostgres) -> None:
    tenant_id = await new_tenant(database)
    sealed = SecretBox([new_key()]).seal("x")
    await keep(database, tenant_id, sealed, None, sealed)
    with pytest.raises(SecretKeysMissing):
        await reseal_all(database, SecretBox())
    with pytest.raises(StartError, match="CADENZA_SECRET_KEYS is not set"):
        await rotate_secrets(Settings.model_validate({"database_url": migrated_postgres.app_url}))
    assert await kept(database, tenant_id) == [sealed, None, sealed]
