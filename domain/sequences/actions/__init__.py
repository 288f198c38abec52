"""The configs of actions, one class in one file each. `domain/sequences/steps/__init__.py` imports them all.

The effect of an action is in `services/engine/actions/`, in a file with the same name.
"""
