"""The secrets of a home folder: created once, stored in `secrets.json`, readable by the owner only."""

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
    """The passwords and keys of the home's servers."""

    model_config = ConfigDict(frozen=True)

    superuser_password: str = Field(default_factory=_password, min_length=8)
    owner_password: str = Field(default_factory=_password, min_length=8)
    app_password: str = Field(default_factory=_password, min_length=8)
    inbound_webhook_secret: str = Field(default_factory=new_secret)
    signing_key: str = Field(default_factory=lambda: secrets.token_urlsafe(32), min_length=32)
    """Signs the links in mail. Links in sent mail work as long as this key is kept."""
    secret_keys: str = Field(default_factory=new_key)
    """Encrypts mailbox passwords and DKIM keys. Without this key they are lost."""
    api_key: str = Field(default_factory=lambda: f"cdz_{secrets.token_urlsafe(32)}", min_length=8)

    @field_validator("inbound_webhook_secret")
    @classmethod
    def _in_standard_base64(cls, secret: str) -> str:
        # Homes of the first release hold the same bytes in URL-safe base64, which Standard Webhooks libraries cannot
        # decode.
        prefix, mark, rest = secret.partition("_")
        return prefix + mark + rest.replace("-", "+").replace("_", "/")


def load_or_make_secrets(folder: Path, guarded: Path) -> HomeSecrets:
    """Returns the secrets in `folder`, and creates them if there are none yet.

    Raises `StartError` if they are missing but `guarded`, which cannot be opened without them, exists.
    """
    file = folder / "secrets.json"
    try:
        kept = file.read_bytes()
        read = HomeSecrets.model_validate_json(kept)
        if read.model_dump() != json.loads(kept):
            _save(folder, read)  # adds, once, secrets that an earlier release did not have
        return read
    except FileNotFoundError:
        if guarded.exists():
            raise StartError(
                f"{file} is missing, and {guarded} cannot be opened without it. "
                f"Put it back, or move {folder} away to start with an empty home"
            ) from None
    except ValidationError:
        raise StartError(
            f"{file} cannot be read. Put it back, or move {folder} away to start with an empty home"
        ) from None
    created = HomeSecrets()
    _save(folder, created)
    return created


def keep_api_key(folder: Path, secrets: HomeSecrets, api_key: str) -> None:
    """Stores another API key in place of a revoked one."""
    if api_key != secrets.api_key:
        _save(folder, secrets.model_copy(update={"api_key": api_key}))


def _save(folder: Path, secrets: HomeSecrets) -> None:
    write_private(folder / "secrets.json", secrets.model_dump_json(indent=1))
