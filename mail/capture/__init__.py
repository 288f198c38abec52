"""Captured mail for development: storing it, and building the replies that a lead's server would send."""
