"""What people decide, by words in a comment or by the label: read, allowed or refused, and carried out once."""

from bot.flows.acceptance.attending import attend
from bot.flows.acceptance.drafted import attend_draft, draft_deleted
from bot.flows.acceptance.label import attend_label

__all__ = ["attend", "attend_draft", "attend_label", "draft_deleted"]
