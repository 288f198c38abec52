"""Sending over SMTP: the server, one connection, a pool of connections, and the ways to fail."""
