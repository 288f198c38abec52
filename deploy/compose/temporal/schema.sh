#!/bin/sh
# Creates Temporal's own schema, or brings it up to date, before its server starts.
set -eu
for name in temporal temporal_visibility; do
  schema=$name
  [ "$name" = temporal_visibility ] && schema=visibility
  sql() { temporal-sql-tool --plugin postgres12 --ep "$POSTGRES_SEEDS" --port 5432 --user temporal --db "$name" "$@"; }
  sql create-database || true # it may exist already
  sql setup-schema --version 0.0 || true
  sql update-schema --schema-dir "/etc/temporal/schema/postgresql/v12/$schema/versioned"
done
