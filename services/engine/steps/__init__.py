"""The types of step that have an effect, each one class in one file: its config, and what it does (`perform`)."""

from domain.discovery import import_modules

import_modules(__name__, __path__)
