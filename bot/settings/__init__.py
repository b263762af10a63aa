"""The settings: one tree, read from one `steward.toml`; secrets come from the environment or from files."""

from bot.settings.connections import (
    AnyConnection,
    AzureDevOpsConnection,
    AzureDevOpsServerConnection,
    ConnectionSettings,
    JiraCloudConnection,
    JiraDataCenterConnection,
)
from bot.settings.nearest import nearest
from bot.settings.reading import CONFIG_VARIABLE, DEFAULT_FILE, SettingsError, load
from bot.settings.tree import (
    EngineSettings,
    ModelSettings,
    ProjectSettings,
    ServerSettings,
    Settings,
)

__all__ = [
    "CONFIG_VARIABLE",
    "DEFAULT_FILE",
    "AnyConnection",
    "AzureDevOpsConnection",
    "AzureDevOpsServerConnection",
    "ConnectionSettings",
    "EngineSettings",
    "JiraCloudConnection",
    "JiraDataCenterConnection",
    "ModelSettings",
    "ProjectSettings",
    "ServerSettings",
    "Settings",
    "SettingsError",
    "load",
    "nearest",
]
