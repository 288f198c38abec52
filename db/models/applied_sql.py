"""The texts of `db/sql` that the database suits."""

from sqlalchemy import BigInteger, Identity, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Timestamp


class AppliedSql(Base):
    """One text of `db/sql` (db/sql_source.py). The newest row is the present one. The table belongs to no tenant."""

    __tablename__ = "applied_sql"
    __table_args__ = (UniqueConstraint("hash", name="applied_sql_hash_key"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    hash: Mapped[str]
    objects: Mapped[list[str]]
    catalog: Mapped[str]
    applied_at: Mapped[Timestamp]
