"""The secrets of one home folder: made once, kept in `secrets.json`, readable by its owner only."""

import json
import secrets
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from cadenza.errors import StartError
from cadenza.files import write_private
from services.secret_box import new_key
from webhooks.signing import new_secret


def _password() -> str:
    return secrets.token_urlsafe(24)


class HomeSecrets(BaseModel):
    """What the home's servers let people in with."""

    model_config = ConfigDict(frozen=True)

    superuser_password: str = Field(default_factory=_password, min_length=8)
    owner_password: str = Field(default_factory=_password, min_length=8)
    app_password: str = Field(default_factory=_password, min_length=8)
    inbound_webhook_secret: str = Field(default_factory=new_secret)
    signing_key: str = Field(default_factory=lambda: secrets.token_urlsafe(32), min_length=32)
    """Signs the links in mail: those that were sent work for as long as this is kept."""
    secret_keys: str = Field(default_factory=new_key)
    """Opens mailboxes' passwords and DKIM keys, which are lost with it."""
    api_key: str = Field(default_factory=lambda: f"cdz_{secrets.token_urlsafe(32)}", min_length=8)

    @field_validator("inbound_webhook_secret")
    @classmethod
    def _in_standard_base64(cls, secret: str) -> str:
        # Homes of the first release hold the same bytes in the alphabet for URLs, which no library of the standard
        # reads.
        prefix, mark, rest = secret.partition("_")
        return prefix + mark + rest.replace("-", "+").replace("_", "/")


def load_or_make_secrets(folder: Path, guarded: Path) -> HomeSecrets:
    """The secrets in `folder`, made when there are none yet.

    Raises `StartError` when they are gone though `guarded`, which can be opened with nothing else, is there.
    """
    file = folder / "secrets.json"
    try:
        kept = file.read_bytes()
        read = HomeSecrets.model_validate_json(kept)
        if read.model_dump() != json.loads(kept):
            _save(folder, read)  # with what an earlier release did not have, made once
        return read
    except FileNotFoundError:
        if guarded.exists():
            raise StartError(
                f"{file} is gone, and {guarded} opens with nothing else. "
                f"Put it back, or move {folder} away to start afresh"
            ) from None
    except ValidationError:
        raise StartError(f"{file} cannot be read. Put it back, or move {folder} away to start afresh") from None
    made = HomeSecrets()
    _save(folder, made)
    return made


def keep_api_key(folder: Path, secrets: HomeSecrets, api_key: str) -> None:
    """Keep another API key than the one that was kept, since that one was revoked."""
    if api_key != secrets.api_key:
        _save(folder, secrets.model_copy(update={"api_key": api_key}))


def _save(folder: Path, secrets: HomeSecrets) -> None:
    write_private(folder / "secrets.json", secrets.model_dump_json(indent=1))
