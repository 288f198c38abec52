"""The secrets of a home folder, including homes of earlier releases."""

import base64
import json
from pathlib import Path

from standardwebhooks.webhooks import Webhook

from cadenza.embedded.home_secrets import load_or_make_secrets
from services.secret_box import SecretBox
from webhooks.signing import is_secret


def test_secrets_are_created_once_and_kept(tmp_path: Path) -> None:
    made = load_or_make_secrets(tmp_path, tmp_path / "data")
    assert load_or_make_secrets(tmp_path, tmp_path / "data") == made
    assert is_secret(made.inbound_webhook_secret) and len(made.signing_key) >= 32
    SecretBox([made.secret_keys]).seal("a password")
    assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0


def test_secrets_of_the_first_release_are_converted_and_completed(tmp_path: Path) -> None:
    kept = load_or_make_secrets(tmp_path, tmp_path / "data").model_dump()
    raw = b"\xfb\xff\xbe" * 8  # gives `-` and `_` in URL-safe base64
    kept["inbound_webhook_secret"] = "whsec_" + base64.urlsafe_b64encode(raw).decode()
    del kept["signing_key"], kept["secret_keys"]
    (tmp_path / "secrets.json").write_text(json.dumps(kept))
    upgraded = load_or_make_secrets(tmp_path, tmp_path / "data")
    assert upgraded.inbound_webhook_secret == "whsec_" + base64.b64encode(raw).decode()
    assert Webhook(upgraded.inbound_webhook_secret)._whsecret == raw
    # The new secrets are stored: links in today's mail must work tomorrow, and today's passwords must stay readable.
    assert load_or_make_secrets(tmp_path, tmp_path / "data") == upgraded
