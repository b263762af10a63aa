"""The tree of settings: what an administrator may say in `steward.toml`, with its defaults and its meaning.

Every description is one line for the list of settings; every duration is in seconds once read.
"""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.settings.connections import AnyConnection
from bot.settings.values import STRICT, Address, Bytes, DatabaseUrl, HostName, OptionalSecret, Seconds, TimeOfDay, Zone
from languages import ENGLISH, Language
from rules.model import Policy

_RULES = Policy()
DAY = 86_400.0


class ServerSettings(BaseModel):
    """Where the bot listens."""

    model_config = STRICT

    host: str = Field(default="127.0.0.1", description="The network address to listen on; 0.0.0.0 is all of them.")
    port: int = Field(default=8788, ge=0, le=65535, description="The port to listen on; 0 takes a free one.")
    public_url: Address | None = Field(default=None, description="How trackers and people reach the bot from outside.")
    max_body_bytes: Bytes = Field(default=5_000_000, description="The largest webhook delivery that is read.")


class EngineSettings(BaseModel):
    """How work is kept and done."""

    model_config = STRICT

    database_url: DatabaseUrl = Field(
        default=None, description="The PostgreSQL database; none is SQLite in the data folder."
    )
    workers: int = Field(default=4, ge=1, le=64, description="How many jobs a process does at once.")
    name: str = Field(
        default="", max_length=100, description="The lasting name of this worker's slot; none is the machine's name."
    )


class OperationsSettings(BaseModel):
    """Where those who run the bot look: health, metrics and the status page. Not for the outside."""

    model_config = STRICT

    host: str = Field(default="127.0.0.1", description="The network address of health, metrics and the status page.")
    port: int = Field(default=8789, ge=0, le=65535, description="Its port; 0 takes a free one.")
    names: tuple[HostName, ...] = Field(
        default=(), description="Host names that it may be asked by, beside localhost and numbers."
    )


class RetentionSettings(BaseModel):
    """How long what is done with is kept."""

    model_config = STRICT

    deliveries: Seconds = Field(
        default=14 * DAY, ge=DAY, description="Finished deliveries; one sent again within it is known again."
    )
    dead_letters: Seconds = Field(default=90 * DAY, ge=DAY, description="Dead letters.")
    finished_jobs: Seconds = Field(default=2 * DAY, ge=DAY, description="The engine's record of finished jobs.")
    replies: Seconds = Field(default=90 * DAY, ge=0, description="Replies of the language model, to be used again.")
    gone_items: Seconds | None = Field(
        default=None, ge=30 * DAY, description="Ids and decisions of items that are gone; none is for ever."
    )
    writes: Seconds = Field(
        default=14 * DAY, ge=DAY, description="Records of what the bot wrote on items that are gone, and names there."
    )
    spending: Seconds = Field(default=365 * DAY, ge=7 * DAY, description="How many tokens were spent on each day.")
    ticks: Seconds = Field(default=30 * DAY, ge=7 * DAY, description="Ticks that no longer come.")
    audit_years: int | None = Field(
        default=None, ge=1, le=100, description="Contents of the audit's rows; none is for ever. Its chain stays."
    )


class TelemetrySettings(BaseModel):
    """What is told to a system that watches."""

    model_config = STRICT

    traces: Address | None = Field(
        default=None, description="Where traces are sent (OTLP over HTTP, up to and with /v1/traces)."
    )


class ProjectSettings(BaseModel):
    """What one project wants."""

    model_config = STRICT

    connection: str = Field(description="The name of the connection that the project lives in.")
    key: str = Field(
        default="", max_length=255, description="The project's key (Azure DevOps: name); none is the table's name."
    )
    scope: str = Field(
        default="",
        max_length=4000,
        description="Which items, where not all: JQL, WIQL conditions, or an area path.",
    )
    comments_for: str = Field(
        default="",
        pattern=r"^(?:(?:role|group):.{1,200})?$",
        description='Who alone may read the bot\'s comments, as "role:Developers" or "group:staff" (Jira).',
    )
    restricted_items: Literal["skip", "work"] = Field(
        default="skip", description="Items that not all of the project see: skip keeps no text of them; work suggests."
    )
    restricted_areas: tuple[str, ...] = Field(
        default=(), description="Area paths whose items not all of the project see (Azure DevOps; Jira marks its own)."
    )
    required_fields: dict[str, str] = Field(
        default_factory=dict, description="Values of fields without which the project takes no new item, by name."
    )
    mode: Literal["shadow", "suggest"] = Field(
        default="shadow", description="shadow only records, suggest comments on items."
    )
    quiet_wait: Seconds = Field(default=300.0, description="How long an item must rest before the bot speaks.")
    quiet_wait_max: Seconds = Field(
        default=1800.0, description="How long the bot waits at most while people go on editing."
    )
    daily_budget: int = Field(
        default=10,
        ge=0,
        description="Comments a day at most, over all items of the project; those that people ask for come on top.",
    )
    bulk_items: int = Field(
        default=20, ge=1, description="More items than this by one person within bulk_window stay silent."
    )
    bulk_window: Seconds = Field(default=600.0, gt=0, description="The time in which bulk_items are counted.")
    zone: Zone = Field(default=ZoneInfo("UTC"), description="The time zone of the project's people.")
    language: Language = Field(default=ENGLISH, description="The language of the bot's comments.")
    accept_people: tuple[str, ...] = Field(
        default=(), description="Ids of people who may decide, where rights cannot be asked."
    )
    accept_groups: tuple[str, ...] = Field(
        default=(), description="Groups, roles or teams whose members may decide, likewise."
    )
    nightly: TimeOfDay = Field(default=time(2, 0), description="When the open items are looked over each night.")
    draft_subtasks: bool = Field(
        default=False, description="Whether sub-tasks may be drafted before anybody accepts them."
    )
    draft_days: int = Field(
        default=30, ge=0, le=3650, description="Drafts that nobody has touched for so many days go; 0 keeps them."
    )
    mention_reporter: bool = Field(default=True, description="Whether a question notifies the item's reporter, once.")
    disabled_rules: tuple[str, ...] = Field(default=(), description="Rules that do not apply here, by name.")
    vague_label: str = Field(
        default="needs-details", max_length=80, description='The label for vague items; "" asks only.'
    )
    oversized_points: float = Field(
        default=_RULES.oversized_points, gt=0, description="Story points above which to split."
    )
    oversized_characters: int = Field(
        default=_RULES.oversized_characters, gt=0, description="Text length above which to split."
    )
    criteria_types: tuple[str, ...] = Field(
        default=tuple(sorted(_RULES.criteria_types)), description="Types of items that need acceptance criteria."
    )

    def policy(self, priorities: tuple[str, ...] = ()) -> Policy:
        """What the rules are told; `priorities` is the project's own scheme, most urgent first."""
        return Policy(
            priorities=priorities,
            disabled_rules=frozenset(self.disabled_rules),
            vague_label=self.vague_label or None,
            oversized_points=self.oversized_points,
            oversized_characters=self.oversized_characters,
            criteria_types=frozenset(name.lower() for name in self.criteria_types),
        )


class ModelSettings(BaseModel):
    """A language model behind an OpenAI-compatible address."""

    model_config = STRICT

    base_url: Address = Field(description='The address, up to and with "/v1".')
    name: str = Field(min_length=1, description="The model's name as the address knows it.")
    key: OptionalSecret = Field(default=None, description="The key; a local server often needs none.")
    reply_schema: Literal["strict", "bounded"] = Field(
        default="strict", alias="schema", description="strict for OpenAI and Azure, bounded for local servers."
    )
    deadline: Seconds = Field(default=60.0, gt=0, le=3600, description="How long one answer may take in all.")
    max_answer_bytes: Bytes = Field(default=1_000_000, description="The largest answer that is read.")
    max_answer_tokens: int = Field(default=2_000, ge=100, description="The longest answer that is asked for.")
    daily_tokens: int = Field(
        default=200_000,
        ge=0,
        description="Tokens a day, over all projects (UTC day); beyond them rules do the work.",
    )
    price_in: float = Field(default=0.0, ge=0, description="What a million tokens of prompts cost; counts the cost.")
    price_out: float = Field(default=0.0, ge=0, description="What a million tokens of answers cost, likewise.")
    plain_http: bool = Field(default=False, description="Allow http:// to another machine: texts travel unencrypted.")


class Settings(BaseSettings):
    """All settings. Read them with `bot.settings.load`; made directly, they take arguments and nothing else."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, env_prefix="STEWARD__", env_nested_delimiter="__"
    )

    data: Path = Field(default=Path("steward-data"), description="The folder of the bot's databases, beside this file.")
    server: ServerSettings = Field(default=ServerSettings(), description="Where the bot listens.")
    engine: EngineSettings = Field(default=EngineSettings(), description="How work is kept and done.")
    operations: OperationsSettings = Field(default=OperationsSettings(), description="Health, metrics, status page.")
    retention: RetentionSettings = Field(default=RetentionSettings(), description="How long things are kept.")
    telemetry: TelemetrySettings = Field(default=TelemetrySettings(), description="What is told to who watches.")
    connections: dict[str, AnyConnection] = Field(default_factory=dict, description="Trackers, by a name of your own.")
    projects: dict[str, ProjectSettings] = Field(default_factory=dict, description="Projects, by key.")
    model: ModelSettings | None = Field(default=None, description="The language model; none: rules do all the work.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only `load` looks at files and at the environment."""
        return (init_settings,)

    def secrets(self) -> tuple[SecretStr, ...]:
        """Every secret that was read, for those who must keep them out of logs."""
        held: list[SecretStr | None] = [self.engine.database_url, self.model.key if self.model else None]
        for connection in self.connections.values():
            held += connection.held_secrets()
        return tuple(secret for secret in held if secret is not None and secret.get_secret_value())

    def projects_of(self, connection: str) -> dict[str, ProjectSettings]:
        """The projects of one connection, by the key that the tracker knows them by."""
        return {project.key: project for project in self.projects.values() if project.connection == connection}
