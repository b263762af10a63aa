"""The model's part: acceptance criteria for one item, or what to ask for them; bought once, within the day's tokens."""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Callable, Collection
from datetime import datetime

import structlog
from pydantic import ValidationError

from bot.flows.desk import Drafted
from bot.store import spending
from bot.store.database import Database
from integrations.writer import Reason, Writer, WriterError
from prompts.drafting import Draft, criteria_draft, criteria_from, questions_from
from prompts.library import Prompt
from prompts.replies import AcceptanceCriteria
from rules.model import WorkItem

log = structlog.get_logger(__name__)


class StoredBudget:
    """The day's tokens, counted in the store. A reservation that a crash leaves behind counts as spent."""

    def __init__(self, db: Database, limit: int, now: Callable[[], datetime]) -> None:
        self._db, self._limit, self._now = db, limit, now
        self._open: dict[str, tuple[int, datetime]] = {}
        self._lock = threading.Lock()

    def reserve(self, tokens: int) -> str:
        """See integrations.writer.Budget."""
        now = self._now()
        with self._db.write() as session:
            if not spending.take_tokens(session, now.date(), tokens, self._limit):
                raise WriterError(Reason.OVER_BUDGET, f"the day's {self._limit} tokens are spent or reserved")
        reservation = uuid.uuid4().hex
        with self._lock:
            self._open[reservation] = (tokens, now)
        return reservation

    def settle(self, reservation: str, tokens: int) -> None:
        """See integrations.writer.Budget."""
        with self._lock:
            held = self._open.pop(reservation, None)
        if held is not None:
            with self._db.write() as session:
                spending.settle_tokens(session, held[1].date(), held[0], tokens)


class CriteriaWriter:
    """Drafts criteria with a model. A failure of the model is no failure of triage: it answers None."""

    def __init__(
        self,
        db: Database,
        writer: Writer,
        prompt: Prompt,
        model: str,
        now: Callable[[], datetime],
        known_secrets: Collection[str] = (),
    ) -> None:
        self._db, self._writer, self._prompt, self._model, self._now = db, writer, prompt, model, now
        self._known_secrets = tuple(known_secrets)

    def __call__(self, item: WorkItem) -> Drafted | None:
        """What the model drafts, from a reply bought now or before; None where there is none."""
        draft = criteria_draft(item, self._prompt, self._known_secrets)
        key = hashlib.sha256(f"{draft.key}:{self._model}".encode()).hexdigest()
        with self._db.read() as session:
            paid = spending.paid_reply(session, key)
        if paid is None:
            paid = self._buy(draft, key, item)
        if paid is None:
            return None
        try:
            reply = AcceptanceCriteria.model_validate(paid)
        except ValidationError:
            return None
        return Drafted(criteria_from(reply, draft), questions_from(reply, draft))

    def _buy(self, draft: Draft, key: str, item: WorkItem) -> dict[str, object] | None:
        try:
            reply = self._writer.write(draft.prompt, draft.messages, AcceptanceCriteria)
        except WriterError as error:
            log.warning("no draft", prompt=draft.prompt.name, reason=str(error.reason))
            return None
        value = reply.value.model_dump(mode="json")
        with self._db.write() as session:
            tokens = reply.tokens_in + reply.tokens_out
            prompt, about = f"{reply.prompt} {reply.version}", (item.connection, item.id)
            spending.keep_reply(session, key, prompt, value, tokens, self._now(), about=about)
        return value
