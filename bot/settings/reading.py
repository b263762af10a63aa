"""Reading `steward.toml`: every mistake in one go, each as a sentence that names the place and what would be right."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as UnreadableSource

from bot.settings.checks import problems_between
from bot.settings.connections import AnyConnection
from bot.settings.nearest import did_you_mean
from bot.settings.references import resolved
from bot.settings.sentences import in_words
from bot.settings.signing_in import CONNECTION_FILES, problems_of_signing_in
from bot.settings.tree import ProjectSettings, Settings
from rules import RULES

CONFIG_VARIABLE = "STEWARD_CONFIG"
DEFAULT_FILE = "steward.toml"
PREFIX = "STEWARD__"
_LINE = re.compile(r"at line ([0-9]{1,6})")
_SPACED = re.compile(r"\s*\[(projects|connections)\.([^\"'\]]+)\]")
MAX_FILE = 1_000_000


class SettingsError(Exception):
    """The settings cannot be used. The message is for the person who wrote them; `problems` has one sentence each."""

    def __init__(self, file: str, problems: Collection[str]) -> None:
        self.file = file
        self.problems = tuple(problems)
        if len(self.problems) == 1:
            message = f"{file}: {self.problems[0]}"
        else:
            message = "\n".join(
                (f"{file} has {len(self.problems)} problems:", *(f"- {line}" for line in self.problems))
            )
        super().__init__(message)


def load(
    path: str | Path | None = None, *, known_rules: Collection[str] | None = None, need_secrets: bool = True
) -> Settings:
    """The settings of the file at `path`, else at $STEWARD_CONFIG, else `steward.toml` in the working folder.

    Single values may be overridden by environment variables such as STEWARD__SERVER__PORT. A relative `data` folder
    and the relative file of a secret lie beside the file. `known_rules` are the names that `disabled_rules` may hold;
    None stands for those of RULES. Without `need_secrets` the secrets of trackers and of the model are not read and
    come out empty: for what only looks into the store.

    Raises SettingsError with everything that is wrong.
    """
    file = Path(path or os.environ.get(CONFIG_VARIABLE) or DEFAULT_FILE)
    _check_readable(file)
    _check_variables(os.environ)
    try:
        settings = _located(file, need_secrets=need_secrets)()
    except ValidationError as error:
        raise SettingsError(file.name, in_words(error)) from None
    except UnreadableSource:
        raise SettingsError("the environment", [f"a variable that begins with {PREFIX} is not JSON"]) from None
    except ValueError as error:  # what the TOML reader says names line and column
        raise SettingsError(file.name, [f"this is not TOML: {error}{_unquoted(file, str(error))}"]) from None
    settings = _completed(settings, file.absolute().parent)
    rules = {rule.NAME for rule in RULES} if known_rules is None else known_rules
    problems = problems_between(settings, rules)
    if need_secrets:
        problems += problems_of_signing_in(settings)
    if problems:
        raise SettingsError(file.name, problems)
    return settings


def _unquoted(file: Path, told: str) -> str:
    """What to write, where the line that cannot be read heads a table whose name has spaces."""
    place = _LINE.search(told)
    lines = file.read_text("utf-8").splitlines()
    line = lines[int(place[1]) - 1] if place and int(place[1]) <= len(lines) else ""
    found = _SPACED.match(line)
    return f'. A name with spaces or accents stands in quotation marks: [{found[1]}."{found[2]}"]' if found else ""


def _check_readable(file: Path) -> None:
    try:
        if file.stat().st_size > MAX_FILE:
            raise SettingsError(str(file), ["the file is too large to be settings"])
        file.read_bytes().decode()
    except FileNotFoundError:
        raise SettingsError(str(file), ["there is no such file; `steward init` writes one to start from"]) from None
    except UnicodeDecodeError:
        raise SettingsError(str(file), ["the file is not UTF-8 text"]) from None
    except OSError as error:
        raise SettingsError(str(file), [f"the file cannot be read ({error.strerror})"]) from None


def _check_variables(environment: Mapping[str, str]) -> None:
    problems = []
    for name in environment:
        if name.upper().startswith(PREFIX):
            table = name[len(PREFIX) :].split("__")[0].lower()
            if table not in Settings.model_fields:
                problems.append(f"{name} overrides nothing{did_you_mean(table, Settings.model_fields)}")
    if problems:
        raise SettingsError("the environment", problems)


def _located(file: Path, *, need_secrets: bool) -> type[Settings]:
    """Settings that are read from this file and the environment."""

    place = partial(resolved, folder=file.absolute().parent, need_secrets=need_secrets)

    class Located(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            written = TomlConfigSettingsSource(settings_cls, file)()
            return (
                InitSettingsSource(settings_cls, place(_Overrides(settings_cls, written)())),
                InitSettingsSource(settings_cls, place(written)),
            )

    return Located


class _Overrides(EnvSettingsSource):
    """Environment variables, with the upper and lower case of the names that the file uses."""

    def __init__(self, settings_cls: type[BaseSettings], written: Mapping[str, Any]) -> None:
        super().__init__(settings_cls)
        self._written = written

    def __call__(self) -> dict[str, Any]:
        return _spelled_as(self._written, super().__call__())


def _spelled_as(written: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    spelled: dict[str, Any] = {}
    for name, value in overrides.items():
        known = next((key for key in written if key.lower() == name.lower()), name)
        inner = written.get(known)
        spelled[known] = (
            _spelled_as(inner if isinstance(inner, Mapping) else {}, value) if isinstance(value, Mapping) else value
        )
    return spelled


def _completed(settings: Settings, folder: Path) -> Settings:
    """With what other settings stand for: the keys of projects, and files and folders by their whole paths."""
    projects: dict[str, ProjectSettings] = {
        name: project.model_copy(update={"key": project.key or name}) for name, project in settings.projects.items()
    }
    connections = {name: _placed(connection, folder) for name, connection in settings.connections.items()}
    values = {name: getattr(settings, name) for name in Settings.model_fields}
    completed = {"projects": projects, "connections": connections, "data": folder / settings.data.expanduser()}
    return Settings.model_construct(**(values | completed))


def _placed(connection: AnyConnection, folder: Path) -> AnyConnection:
    files = {name: getattr(connection, name, None) for name in CONNECTION_FILES}
    return connection.model_copy(update={name: folder / file for name, file in files.items() if file is not None})
