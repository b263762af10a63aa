"""Structured logs, one JSON object a line, on standard error. They name ids, never ticket text and never a secret."""

from __future__ import annotations

import logging
import sys

import structlog

OF_LIBRARIES = '{"event": "told by a library", "logger": "%(name)s", "level": "%(levelname)s"}'
"""Not what they say: it may quote addresses, or what a stranger has sent."""


def configure(level: int = logging.INFO) -> None:
    """Set up logging for a process that serves."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format=OF_LIBRARIES, force=True)
    # They quote addresses with their queries, or name functions: nothing that helps an administrator.
    for name in ("urllib3", "apscheduler", "waitress.queue", "dbos"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
