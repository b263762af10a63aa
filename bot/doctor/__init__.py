"""The doctor: does everything the settings name work, and if not, what is to be done?"""

from bot.doctor.examining import examine
from bot.doctor.findings import Finding
from bot.doctor.rehearsing import rehearse
from bot.doctor.stepping import Step

__all__ = ["Finding", "Step", "examine", "rehearse"]
