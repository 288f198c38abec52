DROP FUNCTION tenants_on_the_way();
