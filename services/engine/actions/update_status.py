from typing import Any, ClassVar

from domain.sequences.actions.update_status import UpdateStatusConfig
from services.engine.actions.action import ActionEffect


class UpdateStatus(ActionEffect[UpdateStatusConfig]):
    action: ClassVar[str] = "update_status"

    def changes(self) -> dict[str, Any]:
        return {"status": self.config.status}
