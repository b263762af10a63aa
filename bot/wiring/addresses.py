"""Where the store and the engine keep what they know."""

from __future__ import annotations

from bot.settings import Settings


def database_url(settings: Settings) -> str:
    """The store's address: the setting, or SQLite in the data folder (which is made)."""
    if settings.engine.database_url is not None:
        return settings.engine.database_url.get_secret_value()
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    return f"sqlite:///{settings.data / 'steward.db'}"


def engine_url(settings: Settings) -> str:
    """The engine's address: the same server, or a file of its own beside the store's."""
    if settings.engine.database_url is not None:
        return settings.engine.database_url.get_secret_value()
    return f"sqlite:///{settings.data / 'engine.db'}"
