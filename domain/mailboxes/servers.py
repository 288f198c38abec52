"""Settings of a mailbox: the servers that it uses, and how it warms up."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

MailSecurity = Literal["starttls", "tls", "none"]

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")


def _host(text: str) -> str:
    """Check a host name (RFC 1123) or an IP address, in lower case. Other than ASCII names come encoded (`xn--`)."""
    if ":" in text and re.fullmatch(r"[0-9a-f:.]+", text):
        return text
    if not all(_LABEL.fullmatch(label) for label in text.removesuffix(".").split(".")):
        raise ValueError("a host name such as smtp.example.com is expected")
    return text.removesuffix(".")


Host = Annotated[
    str, StringConstraints(strip_whitespace=True, to_lower=True, min_length=1, max_length=253), AfterValidator(_host)
]
UserName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=255, pattern=r"^[^\x00-\x1f\x7f]*$")]


class MailServer(BaseModel):
    """One server of a mailbox, as it is stored. The password is stored separately, encrypted.

    `security`: `tls` from the start, `starttls` (required), or `none`. Without a `username` there is no login.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: Host
    port: int = Field(ge=1, le=65535)
    security: MailSecurity = "starttls"
    username: UserName = ""

    def trusts_more_than(self, other: "MailServer") -> bool:
        """Whether a password that was entered for `other` would be sent to another server, or unencrypted."""
        elsewhere = (self.host, self.port) != (other.host, other.port)
        return elsewhere or (self.security == "none" and other.security != "none")


FolderName = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]*$")]


class InboxServer(MailServer):
    """The IMAP server where replies are read. `folders`: the folders to watch, by the names that the server lists. Add
    the spam folders if replies or bounces arrive there."""

    security: MailSecurity = "tls"
    folders: tuple[FolderName, ...] = Field(default=("INBOX",), min_length=1, max_length=10)


class MailServerGiven(MailServer):
    """A server as it is set. Without `password` the stored password is kept; with `null` it is deleted."""

    password: SecretStr | None = Field(default=None, max_length=1024)

    @property
    def server(self) -> MailServer:
        return MailServer.model_validate(self.model_dump(exclude={"password"}))


class InboxServerGiven(InboxServer):
    """An inbox as it is set. `password` works as in `MailServerGiven`."""

    password: SecretStr | None = Field(default=None, max_length=1024)

    @property
    def server(self) -> InboxServer:
        return InboxServer.model_validate(self.model_dump(exclude={"password"}))


class Ramp(BaseModel):
    """How a new mailbox warms up: `start` emails on the first day, `increase` more on each later day, up to its cap."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    start: int = Field(ge=1, le=100_000)
    increase: int = Field(ge=1, le=100_000)
    started_on: date
