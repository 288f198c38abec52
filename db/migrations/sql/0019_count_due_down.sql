DROP FUNCTION count_due(uuid, uuid[]);
