"""The DKIM signer of a mailbox, where its domain has a key."""

from functools import lru_cache

from db.queries.engine.performing import LoadedMailbox
from mail.dkim.signing import DkimSigner
from services.secret_box import SecretBox

KEPT = 256


class Signers:
    """Opened keys of the domains that sent last, because opening a key takes longer than signing."""

    def __init__(self, secrets: SecretBox) -> None:
        self._secrets = secrets
        self._of = lru_cache(maxsize=KEPT)(self._open)

    def of(self, sender: LoadedMailbox) -> DkimSigner | None:
        """None where the domain has no key. Raises SecretKeysMissing, SecretUnreadable: a message that should be signed
        never leaves unsigned."""
        if sender.dkim is None:
            return None
        return self._of(sender.email.rpartition("@")[2], sender.dkim.selector, sender.dkim.private_key)

    def _open(self, domain: str, selector: str, sealed: str) -> DkimSigner:
        return DkimSigner(domain, selector, self._secrets.open(sealed))
