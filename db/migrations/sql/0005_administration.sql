-- Administration: webhook endpoints and their deliveries, notifications, tenants' settings, tracking tokens.
SELECT 1;
