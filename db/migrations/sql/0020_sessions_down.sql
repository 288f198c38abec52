DROP FUNCTION find_session(bytea), find_passwords(text), find_invitation(bytea);
ALTER TABLE audit_log DROP COLUMN user_id;
DROP TABLE invitations;
DROP TABLE sessions;
REVOKE SELECT (tenant_id, id, email, role, password_hash) ON users FROM cadenza_system;
DROP POLICY sign_in_lookup ON users;
DROP INDEX users_by_email;
ALTER TABLE users DROP COLUMN role, DROP COLUMN password_hash, DROP COLUMN password_set_at;
