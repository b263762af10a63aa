"""The bot as a process: the whole of it, or one of its parts, started and ended in the right order."""

from bot.running.bot import ALL, Bot, Role, SeparateNeedsServer
from bot.running.listening import CannotListen

__all__ = ["ALL", "Bot", "CannotListen", "Role", "SeparateNeedsServer"]
