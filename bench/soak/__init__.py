"""Steady load for an hour or more: checks that memory, lag and the database do not grow unexpectedly, and that no log
contains warnings."""
