"""The queues, and how a job is put into one."""

from __future__ import annotations

import json
from typing import Any

from dbos import EnqueueOptions, Serializer

ITEMS = "items"
"""The queue of work on single items: one at a time an item, many items side by side."""
ROUNDS = "rounds"
"""The queue of backfills and nightly runs, which take long."""
TICKS = "ticks"
"""The queue of polls and sweeps, which must not wait for those."""
TICKING = ("poll", "sweep", "mend", "upkeep", "webhooks")

APPLICATION = "backlog-steward"
APPLICATION_VERSION = "3"
"""The shape of the jobs' steps. Pinned: work that a former release left behind is work this one goes on with.

Where a release changes the order of steps it counts one up. Workers of the former release then end what they have and
take no more, and what they leave is begun again as a new attempt, which the store makes safe.
"""


class JobFailed(Exception):
    """A step failed before a crash, and its error is all that is left of it."""


class Json(Serializer):
    """JSON for arguments and results; of an error only its class is kept, because messages may quote a ticket."""

    def name(self) -> str:
        return "steward_json"

    def serialize(self, data: Any) -> str:
        if isinstance(data, BaseException):
            return json.dumps({"__error__": type(data).__name__})
        return json.dumps(data)

    def deserialize(self, serialized_data: str) -> Any:
        data = json.loads(serialized_data)
        if isinstance(data, dict) and "__error__" in data:
            return JobFailed(data["__error__"])
        return data


def attempt_id(job_id: str, attempt: int) -> str:
    """Under which id an attempt at a job is known to the engine; the first bears the job's own."""
    return f"{job_id}#{attempt}" if attempt else job_id


def placing(kind: str, job_id: str, partition: str | None, delay: float) -> EnqueueOptions:
    """Which queue a job waits in, under which id and for how long. `delay` is in seconds."""
    chosen: EnqueueOptions = {
        "workflow_name": "job",
        "queue_name": ITEMS if partition else TICKS if kind in TICKING else ROUNDS,
        "workflow_id": job_id,
    }
    if partition:
        chosen["queue_partition_key"] = partition
    if delay > 0:
        chosen["delay_seconds"] = delay
    return chosen
