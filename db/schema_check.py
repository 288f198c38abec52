"""Whether the database is as this release needs it: asked once, at the start of a part."""

from sqlalchemy import ARRAY, Text, bindparam, text

from db.models import Base
from db.session import Database
from domain.errors import DomainError

# A newer schema has more than this, and suits.
_LACKING = text("""
    SELECT needed.relation || '.' || needed.name
      FROM unnest(:relations, :names) AS needed (relation, name)
     WHERE NOT EXISTS (
           SELECT FROM pg_attribute
            WHERE attrelid = to_regclass(needed.relation) AND attname = needed.name AND NOT attisdropped)
     LIMIT 1
""").bindparams(bindparam("relations", type_=ARRAY(Text)), bindparam("names", type_=ARRAY(Text)))


class OldSchema(DomainError):
    """A table or column that this release uses is missing. Without this error, only some requests would fail."""

    code = "database_not_migrated"
    status = 500
    title = "The database is older than this release"
    remedy = "Run `cadenza migrate` before you start the processes of a new release."
    retryable = False


async def refuse_old_schema(database: Database) -> None:
    """Raises `OldSchema` where a migration of this release has not been run."""
    needed = [(table.name, column.name) for table in Base.metadata.tables.values() for column in table.columns]
    relations, names = zip(*needed, strict=True)
    lacking = await database.call(_LACKING, {"relations": list(relations), "names": list(names)})
    if lacking is not None:
        raise OldSchema(f"{lacking} is not there: run `cadenza migrate` first")
