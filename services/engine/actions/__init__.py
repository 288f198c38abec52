"""What actions do, one class in one file each. `services/engine/effects/__init__.py` imports them all.

Their configs stand in `domain/sequences/actions/`, under the same file names.
"""
