"""What each type of step does. A new type is a handler here; the workflow and `services/perform.py` stay."""
