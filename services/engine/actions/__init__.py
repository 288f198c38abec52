"""Actions: what a sequence does besides writing. Each is one class in one file."""

from domain.discovery import import_modules

import_modules(__name__, __path__)
