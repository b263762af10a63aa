"""The inbox: every accepted delivery, once, and what became of it; the dead letters a person can see; how many were
refused; and what was last heard of each connection.
"""

from bot.store.inbox.deliveries import (
    Delivery,
    add,
    arrived,
    delivery_id,
    items_touched_by,
    long_queued,
    not_queued,
    set_state,
    touches,
)
from bot.store.inbox.heard import ConnectionHeard, Heard, all_heard, hear
from bot.store.inbox.letters import (
    DEADLY,
    DeadLetter,
    ask_replay,
    bury,
    dead_letters,
    drop,
    is_deadly,
    numbers,
    replayed,
    to_replay,
)
from bot.store.inbox.refusals import Refusals, add_refusals, refusals

__all__ = [
    "DEADLY",
    "ConnectionHeard",
    "DeadLetter",
    "Delivery",
    "Heard",
    "Refusals",
    "add",
    "add_refusals",
    "all_heard",
    "arrived",
    "ask_replay",
    "bury",
    "dead_letters",
    "delivery_id",
    "drop",
    "hear",
    "is_deadly",
    "items_touched_by",
    "long_queued",
    "not_queued",
    "numbers",
    "refusals",
    "replayed",
    "set_state",
    "to_replay",
    "touches",
]
