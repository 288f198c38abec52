DROP FUNCTION advance_and_change_lead(uuid, uuid, uuid, uuid, timestamptz, jsonb, jsonb, jsonb, uuid, jsonb);
DROP FUNCTION change_lead(uuid, uuid, jsonb);
DROP FUNCTION receive_event(uuid, jsonb, jsonb, text);
DROP FUNCTION tell_company(uuid, uuid, uuid[]);
DROP FUNCTION obey_event(uuid, uuid, uuid[], jsonb);
DROP FUNCTION soft_bounces(uuid, uuid, timestamptz);
DROP FUNCTION count_event(lead_engagement, integer);
DROP FUNCTION qualify_lead(uuid, uuid);
DROP FUNCTION lock_live_enrollments(uuid, uuid, text);
