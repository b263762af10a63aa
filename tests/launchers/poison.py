"""The bot with a job that ends its process: each delivery of an item whose summary holds the word "poison".

Everything happens when this module is read, so that processes which the bot starts are no better off.
"""

from __future__ import annotations

import os
import signal
from typing import Any

from bot.flows.intake import delivery

_touch = delivery._touch


def _deadly(desk: Any, project: Any, item: Any, key: str) -> str:
    if "poison" in item.summary:
        os.kill(os.getpid(), signal.SIGKILL)
    return _touch(desk, project, item, key)


delivery._touch = _deadly

if __name__ == "__main__":
    from bot.cli import main

    main()
