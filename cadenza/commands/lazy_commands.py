"""Commands that are imported only when they are called, so that `--help` and each part start fast."""

from importlib import import_module
from typing import Any

from typer.core import TyperCommand, TyperGroup
from typer.main import get_command


def loaded(target: str) -> Any:
    """`module:name`, imported when this is called.

    So the worker does not load the web framework, and the mail capture loads nothing else: each starts in half the
    time.
    """
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)


PANEL = "Talking to a running API"

# The name, the place of its Typer app, and the text in the list of commands.
OWN = (
    ("backup", "cadenza.commands.backup:app", "Write a backup of a home to one file. The home may be running."),
    ("restore", "cadenza.commands.restore:app", "Make a new home from such a file. Nothing is sent twice."),
    (
        "after-restore",
        "cadenza.commands.after_restore:app",
        "The same for a database that was restored in another way.",
    ),
    ("deploy", "cadenza.commands.deploy:app", "To which version of the code leads go: status, current, ramp."),
)
LATER = (
    ("sequences", "cadenza.commands.sequences:app", "Sequences as files: list, show, apply, export, activate, ..."),
    ("leads", "cadenza.commands.leads:app", "Import leads from a file, and list them."),
    ("suppressions", "cadenza.commands.suppressions:app", "Import and export the suppression list."),
    ("enroll", "cadenza.commands.enroll:app", "Enroll leads, a campaign or a file's leads in a sequence."),
    ("status", "cadenza.commands.status:app", "Show the status of a sequence or a lead."),
    ("explain", "cadenza.commands.explain:app", "Say why nothing is sent to a lead right now."),
    ("pause", "cadenza.commands.steer:pause", "Pause leads, or a whole sequence."),
    ("resume", "cadenza.commands.steer:resume", "Resume paused enrollments, and retry failed ones."),
    ("stop", "cadenza.commands.steer:stop", "Stop enrollments for good."),
    ("fast-forward", "cadenza.commands.clock:app", "Move leads' clocks forward (development)."),
)


class LazyGroup(TyperGroup):
    """The program's commands, and those of `OWN` and `LATER`."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        for panel, commands in ((None, OWN), (PANEL, LATER)):
            for name, target, help_ in commands:
                self.add_command(_Later(target, name=name, help=help_, rich_help_panel=panel))


class _Later(TyperCommand):
    """Represents a command that is not imported yet in the list of commands. Calls the real one."""

    def __init__(self, target: str, **given: Any) -> None:
        super().__init__(callback=None, **given)
        self._target = target

    def real(self) -> Any:
        command: Any = get_command(loaded(self._target))
        command.name = self.name
        return command

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        return self.real().make_context(info_name, args, parent=parent, **extra)


def loaded_command(command: Any) -> Any:
    """The real command, if this one only represents it."""
    return command.real() if isinstance(command, _Later) else command
