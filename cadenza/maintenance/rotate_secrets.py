"""`cadenza rotate-secrets`: encrypts all secrets again with the newest key."""

from cadenza.errors import StartError
from cadenza.maintenance.database_problems import database_problems_in_one_line
from cadenza.settings import Settings, unset
from db.session import Database
from services.key_rotation import Resealed, reseal_all


async def rotate_secrets(settings: Settings) -> None:
    """Prints how many. Raises `StartError` for a missing setting, or if a secret cannot be decrypted."""
    if settings.secret_keys is None:
        raise StartError(unset("secret_keys", "NEW,OLD: keys made by `openssl rand -base64 32`"))
    database = Database(settings.app_database_url())
    try:
        with database_problems_in_one_line():
            await database.refuse_unsafe_role()
            done = await reseal_all(database, settings.secret_box())
    finally:
        await database.aclose()
    print(f"encrypted {done.resealed} secrets again")
    _refuse_to_call_it_done(done)


def _refuse_to_call_it_done(done: Resealed) -> None:
    """Raises `StartError` if a secret still needs a key that is missing."""
    if done.unreadable:
        raise StartError(
            f"{done.unreadable} secrets cannot be decrypted with any of CADENZA_SECRET_KEYS: add the key they need"
        )
