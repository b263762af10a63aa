"""The bot as a process: the whole of it, or one of its parts, started and ended in the right order."""

from bot.running.bot import Bot
from bot.running.listening import CannotListen
from bot.running.roles import ALL, Role, SeparateNeedsServer

__all__ = ["ALL", "Bot", "CannotListen", "Role", "SeparateNeedsServer"]
