"""The demonstration: a sandbox tracker and the bot on this machine, to try by hand or to walk through unattended."""
