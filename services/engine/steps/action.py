"""`action`: the deeds are in `services/actions`, each a class of its own."""

from services.engine import actions

__all__ = ["actions"]
