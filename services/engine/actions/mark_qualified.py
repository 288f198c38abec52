from typing import Any, ClassVar

from domain.sequences.actions.mark_qualified import MarkQualifiedConfig
from services.engine.actions.action import ActionEffect


class MarkQualified(ActionEffect[MarkQualifiedConfig]):
    action: ClassVar[str] = "mark_qualified"

    def changes(self) -> dict[str, Any]:
        return {"qualifies": True}
