DROP TRIGGER note_acceptance ON messages;
DROP FUNCTION note_acceptance;
ALTER TABLE messages DROP COLUMN accepted_at;
