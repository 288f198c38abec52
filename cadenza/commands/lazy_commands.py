"""Commands that are imported when they are called for, so that `--help` and the servers' parts start fast."""

from importlib import import_module
from typing import Any

from typer.core import TyperCommand, TyperGroup
from typer.main import get_command


def loaded(target: str) -> Any:
    """`module:name`, loaded only when its command is called for.

    The worker carries no web framework then, the mail capture nothing but itself, and each starts in half the time.
    """
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)


PANEL = "Talking to a running API"

# Name, where its Typer app is, and what the list of commands says of it.
OWN = (
    ("backup", "cadenza.commands.backup:app", "One file from which a home comes back; it may be running."),
    ("restore", "cadenza.commands.restore:app", "A new home from such a file. Nothing is sent twice."),
    ("after-restore", "cadenza.commands.after_restore:app", "The same for a database that was restored otherwise."),
    ("deploy", "cadenza.commands.deploy:app", "Which version of the code leads go to: status, current, ramp."),
)
LATER = (
    ("sequences", "cadenza.commands.sequences:app", "Sequences as files: list, show, apply, export, activate, ..."),
    ("leads", "cadenza.commands.leads:app", "Import leads from a file, and list them."),
    ("suppressions", "cadenza.commands.suppressions:app", "Whom nobody writes to: import and export the list."),
    ("enroll", "cadenza.commands.enroll:app", "Enroll leads, a campaign or a file's leads in a sequence."),
    ("status", "cadenza.commands.status:app", "Where a sequence or a lead stands."),
    ("explain", "cadenza.commands.explain:app", "Why nothing is being sent to a lead right now."),
    ("pause", "cadenza.commands.steer:pause", "Hold leads, or a whole sequence."),
    ("resume", "cadenza.commands.steer:resume", "Let go on what is paused, and try again what failed."),
    ("stop", "cadenza.commands.steer:stop", "End enrollments for good."),
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
    """Stands in a list of commands for one that is not imported yet; called for, it steps back."""

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
    """The command itself, where another stands for it in a list."""
    return command.real() if isinstance(command, _Later) else command
