"""What is set of a mailbox beyond its address: the servers that it uses, and how it warms up."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

MailSecurity = Literal["starttls", "tls", "none"]

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")


def _host(text: str) -> str:
    """A host name (RFC 1123) or an IP address, in lower case; names beyond ASCII in their encoded form."""
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
    """One server of a mailbox, as it is kept: its password is kept apart, sealed.

    `security`: `tls` from the start, `starttls` required, or `none`. Without a `username` nobody logs in.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: Host
    port: int = Field(ge=1, le=65535)
    security: MailSecurity = "starttls"
    username: UserName = ""

    def trusts_more_than(self, other: "MailServer") -> bool:
        """Whether a password that was given for `other` would now be sent to somebody else, or less well hidden."""
        elsewhere = (self.host, self.port) != (other.host, other.port)
        return elsewhere or (self.security == "none" and other.security != "none")


FolderName = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]*$")]


class InboxServer(MailServer):
    """Where the answers are read, over IMAP. `folders`: those that are watched, by the names that the server lists;
    where answers and bounces also end up (Spam, Junk), name that folder too."""

    security: MailSecurity = "tls"
    folders: tuple[FolderName, ...] = Field(default=("INBOX",), min_length=1, max_length=10)


class MailServerGiven(MailServer):
    """A server as it is set. The password that is kept stays when none is given, and goes when `null` is."""

    password: SecretStr | None = Field(default=None, max_length=1024)

    @property
    def server(self) -> MailServer:
        return MailServer.model_validate(self.model_dump(exclude={"password"}))


class InboxServerGiven(InboxServer):
    """An inbox as it is set; of the password the same is true."""

    password: SecretStr | None = Field(default=None, max_length=1024)

    @property
    def server(self) -> InboxServer:
        return InboxServer.model_validate(self.model_dump(exclude={"password"}))


class Ramp(BaseModel):
    """A young mailbox warms up: `start` emails on its first day, `increase` more on each day after, up to its cap."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    start: int = Field(ge=1, le=100_000)
    increase: int = Field(ge=1, le=100_000)
    started_on: date
