from typing import Any, ClassVar

from domain.sequences.actions.tag_lead import TagLeadConfig
from services.engine.actions.action import ActionEffect


class TagLead(ActionEffect[TagLeadConfig]):
    action: ClassVar[str] = "tag_lead"

    def changes(self) -> dict[str, Any]:
        return {"add": list(dict.fromkeys(self.config.add)), "remove": self.config.remove}
