ALTER TABLE sequences DROP COLUMN steps_revision;
