"""What all tables share: the tenant in the key, UTC times, plain Python types."""

from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, Identity, LargeBinary, MetaData, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    metadata = MetaData()
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text,
        bytes: LargeBinary,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[str]: ARRAY(Text),
    }


Timestamp = Annotated[datetime, mapped_column(server_default=func.now())]
EmptyText = Annotated[str, mapped_column(server_default="")]
EmptyObject = Annotated[dict[str, Any], mapped_column(server_default=text("'{}'"))]
EmptyTexts = Annotated[list[str], mapped_column(server_default=text("'{}'"))]
Zero = Annotated[int, mapped_column(server_default="0")]


class TenantKey:
    """A tenant table. Its key begins with the tenant, so that a foreign key can never lead to another tenant."""

    tenant_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)


class Row(TenantKey):
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, server_default=func.gen_random_uuid())


class NumberedRow(TenantKey):
    """A row that is appended and read in order of its ID."""

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
