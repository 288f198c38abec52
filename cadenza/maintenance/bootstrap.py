"""`cadenza bootstrap`: creates the first tenant of an installation on your own servers, with its key and mailbox."""

import asyncio

from cadenza.errors import StartError
from cadenza.maintenance.database_problems import database_problems_in_one_line
from cadenza.settings import Settings
from db.session import Database
from services.access.api_keys import well_formed
from services.access.bootstrap import FirstTenant, ensure_first_tenant


async def bootstrap(settings: Settings, *, tenant_name: str, mailbox_email: str, mailbox_name: str) -> FirstTenant:
    """Creates what is missing and does not change what exists. Raises `StartError`.

    The key is CADENZA_BOOTSTRAP_KEY, so that the person who deploys knows it without reading a log. Without that
    setting, each call creates a new key and prints its only copy.
    """
    key = settings.bootstrap_key.get_secret_value() if settings.bootstrap_key else None
    if key is not None and not well_formed(key):
        raise StartError("CADENZA_BOOTSTRAP_KEY is `cdz_` and 32 to 120 letters, digits, - and _")
    database = Database(settings.app_database_url())
    try:
        with database_problems_in_one_line():
            return await ensure_first_tenant(
                database,
                known_key=key,
                tenant_name=tenant_name,
                postal_address=settings.postal_address,
                mailbox_email=mailbox_email,
                mailbox_name=mailbox_name,
            )
    finally:
        await database.aclose()


def bootstrap_and_say(settings: Settings, tenant_name: str, mailbox_email: str, mailbox_name: str) -> None:
    first_tenant = asyncio.run(
        bootstrap(settings, tenant_name=tenant_name, mailbox_email=mailbox_email, mailbox_name=mailbox_name)
    )
    print(f"tenant  {first_tenant.tenant_id}")
    if settings.bootstrap_key is None:
        print(f"key     {first_tenant.api_key}")
