"""`email`: sends a message to the lead, from its mailbox."""

from collections.abc import Sequence
from typing import ClassVar

from db.models import Mailbox
from db.queries.rows import find_row
from db.session import ReadSession
from domain.engine.contracts import Directive
from domain.errors import FieldError
from domain.sequences.steps.email import EmailConfig
from domain.sequences.thread_subject import email_content
from services.engine.composing import PlannedEmail
from services.engine.effects.effect import Effect
from services.engine.sending import send
from services.engine.tools import Tools
from services.engine.visit import Visit


class SendEmail(Effect[EmailConfig]):
    step_type: ClassVar[str] = "email"

    async def missing(self, session: ReadSession) -> Sequence[FieldError]:
        mailbox_id = self.config.mailbox_id
        if mailbox_id is None or await find_row(session, Mailbox, mailbox_id) is not None:
            return ()
        return (FieldError("mailbox_id", "not_found", f"there is no mailbox {mailbox_id}"),)

    async def perform(self, visit: Visit, tools: Tools) -> Directive:
        """Raises what `services.engine.sending.send` raises."""
        variant = await self._variant(visit)
        earlier = visit.last_message if self.config.reply_in_thread else None
        # A message that `after-restore` marked has no subject: what was rendered is not in the backup.
        in_thread = earlier is not None and earlier.subject != ""
        content = email_content(visit.plan, visit.step, variant, visit.lead_id, in_thread=in_thread)
        return await send(visit, tools, PlannedEmail(content, variant, self.config.mailbox_id, earlier))

    async def _variant(self, visit: Visit) -> str | None:
        if self.config.auto_winner is not None:
            winner = await visit.queries.variant_winner(visit.step.id)
            # An edit may have removed or renamed the variant that won.
            if winner in {variant.name for variant in self.config.variants}:
                return winner
        return self.config.variant_of(visit.lead_id, visit.step.id)
