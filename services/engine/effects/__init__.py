"""The effects of steps: what touches Postgres, SMTP and HTTP. One class in one file for each type of step.

The effects of actions stand in `services/engine/actions/`. Both folders are read here, so that whoever imports this
package knows them all.
"""

from domain.discovery import import_modules
from services.engine.effects.effect import EFFECTS, Effect, effect_of
from services.engine.effects.pairs import unpaired

import_modules(__name__)
import_modules("services.engine.actions")

__all__ = ["EFFECTS", "Effect", "effect_of", "unpaired"]
