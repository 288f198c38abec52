"""Everything in a database's schema as Postgres describes it, so that two schemas can be compared."""

import asyncpg

from db.sql_source import DEFINITIONS

# One row for each object: its kind, name and definition. Monthly partitions of the log are left out, because they
# depend on the date.
_PARTITION = r"c.relname !~ '^sequence_execution_log_\d{4}_\d{2}'"
_EVERYTHING = rf"""
    SELECT 'relation' AS kind, c.relname::text AS name,
           concat_ws(' ', c.relkind, pg_get_userbyid(c.relowner), c.relrowsecurity, c.relforcerowsecurity, c.reloptions,
                     (SELECT array_agg(a ORDER BY a::text) FROM unnest(coalesce(c.relacl, acldefault(
                          CAST(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END AS "char"), c.relowner))) a)) AS definition
      FROM pg_class c
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND {_PARTITION}
     UNION ALL
    SELECT 'column', c.relname || '.' || a.attname,
           concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, a.attacl,
                     pg_get_expr(d.adbin, d.adrelid))
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
      LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND a.attnum > 0
       AND NOT a.attisdropped AND {_PARTITION}
     UNION ALL
    SELECT 'index', c.relname, pg_get_indexdef(i.indexrelid)
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
     WHERE c.relnamespace = 'public'::regnamespace AND {_PARTITION} AND {_PARTITION.replace("c.", "t.")}
     UNION ALL
    SELECT 'constraint', c.relname || '.' || o.conname, pg_get_constraintdef(o.oid)
      FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid
     WHERE c.relnamespace = 'public'::regnamespace AND {_PARTITION}
     UNION ALL
    SELECT 'policy', c.relname || '.' || p.polname,
           concat_ws(' ', p.polcmd, (SELECT array_agg(r::regrole) FROM unnest(p.polroles) r WHERE r <> 0),
                     pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
      FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
     WHERE c.relnamespace = 'public'::regnamespace AND {_PARTITION}
     UNION ALL
    SELECT 'definition of', d.object, d.definition FROM ({DEFINITIONS}) d
     UNION ALL
    SELECT 'schema', n.nspname::text, array_to_string(n.nspacl, ' ') FROM pg_namespace n WHERE n.nspname = 'public'
"""


async def schema_of(url: str) -> dict[str, str]:
    """Returns each object's definition by its kind and name."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(_EVERYTHING)
    finally:
        await connection.close()
    return {f"{row['kind']} {row['name']}": row["definition"] for row in rows}


async def definitions_of(url: str) -> dict[str, str]:
    """The same for functions, views and triggers only."""
    return {name: text for name, text in (await schema_of(url)).items() if name.startswith("definition of ")}
