DROP FUNCTION unwatched_mailboxes;
DROP TABLE inbox_failures, inbox_cursors;
REVOKE SELECT (id, imap) ON mailboxes FROM cadenza_system;
