"""Request and response shapes of sender domains. Private keys are accepted and never returned."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, SecretStr, StringConstraints

from api.schemas.common import Body, JsonObject, Moment, Shape
from db.models import SenderDomain
from services.mailboxes.sender_domains import DkimGiven

Selector = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        to_lower=True,
        min_length=1,
        max_length=63,
        pattern=r"^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*$",
    ),
]


class DkimInput(Body):
    """Without `private_key` (RSA, PEM), the key of this selector stays, or a key is created for a new selector."""

    selector: Selector
    private_key: Annotated[SecretStr, Field(max_length=16_384)] | None = None


class SenderDomainUpdate(Body):
    """`null` stops signing the domain's mail and deletes the key."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"dkim": {"selector": "cadenza1"}}, {"dkim": None}]}
    )

    dkim: DkimInput | None

    def given(self) -> DkimGiven | None:
        if self.dkim is None:
            return None
        key = self.dkim.private_key
        return DkimGiven(self.dkim.selector, None if key is None else key.get_secret_value())


class SenderDomainCheck(Body):
    """`dkim_selector`: the selector of a provider that signs by itself, such as `google`. Default: that of the key set
    here."""

    dkim_selector: Selector | None = None


class FindingResponse(Shape):
    """`unresolved`: DNS did not answer, so nothing is known. `facts` has the same content as `detail`, for programs."""

    status: Literal["pass", "fail", "missing", "unresolved"]
    detail: str
    record: str | None
    facts: JsonObject


class FindingsResponse(Shape):
    spf: FindingResponse
    dkim: FindingResponse
    dmarc: FindingResponse
    mx: FindingResponse


class DkimShown(Shape):
    """Publish a TXT record named `record_name` with the text `record_value`."""

    selector: str
    record_name: str
    record_value: str


class SenderDomainResponse(Shape):
    """`dkim` is null if mail is not signed here; `findings` is null before the first check."""

    domain: str
    dkim: DkimShown | None
    checked_at: Moment | None
    findings: FindingsResponse | None
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, row: SenderDomain) -> "SenderDomainResponse":
        return cls(
            domain=row.domain,
            dkim=_dkim(row),
            checked_at=row.checked_at,
            findings=FindingsResponse.model_validate(row.findings) if row.findings else None,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )


def _dkim(row: SenderDomain) -> DkimShown | None:
    if row.dkim_selector is None or row.dkim_record is None:
        return None
    name = f"{row.dkim_selector}._domainkey.{row.domain}"
    return DkimShown(selector=row.dkim_selector, record_name=name, record_value=row.dkim_record)
