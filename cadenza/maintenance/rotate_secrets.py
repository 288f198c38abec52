"""`cadenza rotate-secrets`: everything sealed anew under the newest key."""

from cadenza.errors import StartError
from cadenza.maintenance.database_problems import database_problems_in_one_line
from cadenza.settings import Settings, unset
from db.session import Database
from services.key_rotation import Resealed, reseal_all


async def rotate_secrets(settings: Settings) -> None:
    """Says how many. Raises `StartError` for a setting that is missing, and when a secret cannot be opened."""
    if settings.secret_keys is None:
        raise StartError(unset("secret_keys", "NEW,OLD: keys made by `openssl rand -base64 32`"))
    database = Database(settings.app_database_url())
    try:
        with database_problems_in_one_line():
            await database.refuse_unsafe_role()
            done = await reseal_all(database, settings.secret_box())
    finally:
        await database.aclose()
    print(f"sealed {done.resealed} secrets anew")
    _refuse_to_call_it_done(done)


def _refuse_to_call_it_done(done: Resealed) -> None:
    """The old key must stay as long as something needs it."""
    if done.unreadable:
        raise StartError(f"{done.unreadable} secrets open with none of CADENZA_SECRET_KEYS: add the key they need")
