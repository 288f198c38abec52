"""Prints a `.env` for docker-compose.yml, with new secrets: `python3 deploy/make_env.py > .env`. Needs no package."""

import base64
import secrets

KEYS = {
    "POSTGRES_PASSWORD": secrets.token_urlsafe(24),
    "CADENZA_OWNER_PASSWORD": secrets.token_urlsafe(24),
    "CADENZA_APP_PASSWORD": secrets.token_urlsafe(24),
    "TEMPORAL_DB_PASSWORD": secrets.token_urlsafe(24),
    "GRAFANA_PASSWORD": secrets.token_urlsafe(24),
    "CADENZA_BOOTSTRAP_KEY": f"cdz_{secrets.token_urlsafe(32)}",
    "CADENZA_SIGNING_KEY": secrets.token_urlsafe(32),
    "CADENZA_SECRET_KEYS": base64.b64encode(secrets.token_bytes(32)).decode(),
    "CADENZA_PAYLOAD_KEYS": base64.b64encode(secrets.token_bytes(32)).decode(),
    "CADENZA_INBOUND_WEBHOOK_SECRET": f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}",
    "CADENZA_PUBLIC_URL": "http://127.0.0.1:8000",
    "CADENZA_POSTAL_ADDRESS": "1 Main Street, Springfield",
}

if __name__ == "__main__":
    for name, value in KEYS.items():
        print(f"{name}={value}")
