"""`action`: the deeds are in `services/actions`, each a class of its own."""

from services import actions

__all__ = ["actions"]
