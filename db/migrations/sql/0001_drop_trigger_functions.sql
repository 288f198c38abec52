DROP FUNCTION count_steps, touch_updated_at;
