"""The bot as a process: the whole of it, or one of its parts, started and ended in the right order."""

from bot.running.bot import ALL, Bot, CannotListen, Role, SeparateNeedsServer

__all__ = ["ALL", "Bot", "CannotListen", "Role", "SeparateNeedsServer"]
