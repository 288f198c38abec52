"""The configs of actions, one class in one file each. `domain/sequences/steps/__init__.py` imports them all.

What an action does stands in `services/engine/actions/`, under the same file name.
"""
