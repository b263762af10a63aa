"""The part of the tree that says how a tracker is reached, product by product."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, Field, SecretStr

from bot.settings.values import STRICT, Address, OptionalFile, OptionalSecret, Proxy, Seconds, Secret, passwords_in

BESIDE_WEBHOOKS_SECONDS = 300.0
"""How often the poll looks for what webhooks did not bring."""


class ConnectionSettings(BaseModel):
    """What every connection to a tracker has. `vendor` names the webhooks that it sends."""

    model_config = STRICT
    vendor: ClassVar[Literal["jira", "azure-devops"]] = "jira"

    url: Address = Field(description="The tracker's address for programs.")
    browse_url: Address | None = Field(
        default=None, description="The tracker's address for people; none is the same as url."
    )
    token_expires: date | None = Field(
        default=None, description="When the token or secret ends, where the tracker cannot tell."
    )
    webhook_secret: OptionalSecret = Field(default=None, description="What proves that a delivery is the tracker's.")
    webhook_secret_old: OptionalSecret = Field(
        default=None, description="The secret before a rotation, still taken for a while."
    )
    webhook_secret_old_until: datetime | None = Field(default=None, description="Until when the old secret is taken.")
    intake: Literal["webhook", "poll"] = Field(
        default="poll", description="How the bot learns of changes; poll needs no more."
    )
    poll_every: Seconds = Field(default=60.0, ge=1, description="How often the tracker is asked what has moved.")
    account: Literal["own", "shared"] = Field(
        default="own", description="Whether the account is the bot's, or also a person's."
    )
    timeout: Seconds = Field(default=20.0, gt=0, le=600, description="How long one answer of the tracker may take.")
    plain_http: bool = Field(
        default=False, description="Allow http:// to another machine: the token travels unencrypted."
    )
    ca_bundle: OptionalFile = Field(
        default=None, description="The authorities (PEM) to trust instead of the public ones."
    )
    proxy: Proxy = Field(
        default=None, description='The proxy to the tracker; none is as the environment says, "none" is no proxy.'
    )
    client_certificate: OptionalFile = Field(
        default=None, description="The certificate (PEM) that the bot shows, where the tracker demands one."
    )
    client_key: OptionalFile = Field(default=None, description="Its key (PEM), where that is not in the same file.")

    @property
    def poll_seconds(self) -> float:
        """How often the tracker is asked in truth: seldom where webhooks bring the news."""
        return self.poll_every if self.intake == "poll" else max(self.poll_every, BESIDE_WEBHOOKS_SECONDS)

    def held_secrets(self) -> Iterator[SecretStr]:
        """Every secret of the connection that was read."""
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, SecretStr):
                yield from passwords_in(value) if name == "proxy" else (value,)


class JiraCloudConnection(ConnectionSettings):
    """Jira Cloud."""

    kind: Literal["jira-cloud"] = Field(description="The product at the other end.")
    sign_in: Literal["basic", "bearer"] = Field(
        default="basic", description="How the token is shown: bearer for those of service accounts."
    )
    user: str = Field(
        default="", description="The mail address of the account that the token belongs to; bearer needs none."
    )
    token: Secret = Field(description="The token of the account that the bot uses.")
    automation_secret: OptionalSecret = Field(
        default=None, description="What a rule of Jira Automation sends as X-Steward-Secret to ask for a look."
    )


class JiraDataCenterConnection(ConnectionSettings):
    """Jira Data Center, with a personal access token."""

    kind: Literal["jira-data-center"] = Field(description="The product at the other end.")
    token: Secret = Field(description="The token of the account that the bot uses.")
    automation_secret: OptionalSecret = Field(
        default=None, description="What a rule of Jira Automation sends as X-Steward-Secret to ask for a look."
    )


class AnyAzureDevOps(ConnectionSettings):
    """What Azure DevOps has, wherever it runs."""

    vendor = "azure-devops"
    webhook_user: str = Field(
        default="steward", min_length=1, description="The user name that deliveries sign in with."
    )


class AzureDevOpsConnection(AnyAzureDevOps):
    """Azure DevOps Services; `url` names the organisation (https://dev.azure.com/contoso).

    It signs in with a token, or by Entra: with a secret or a certificate of an application, or as the machine.
    """

    kind: Literal["azure-devops"] = Field(description="The product at the other end.")
    token: OptionalSecret = Field(default=None, description="The token of the account that the bot uses.")
    tenant: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9.-]*$",
        description="Entra, instead of a token: the directory that the application is in.",
    )
    client_id: str = Field(
        default="", pattern=r"^[A-Za-z0-9-]*$", description="Entra: the id of the application, or of the identity."
    )
    client_secret: OptionalSecret = Field(default=None, description="Entra: the application's secret.")
    sign_in_certificate: OptionalFile = Field(
        default=None, description="Entra, instead of a secret: its certificate with the RSA key (PEM)."
    )
    managed_identity: bool = Field(default=False, description="Entra: sign in as the Azure machine that the bot is on.")
    comment_format: Literal["html", "markdown"] = Field(default="html", description="How comments are written.")


class AzureDevOpsServerConnection(AnyAzureDevOps):
    """Azure DevOps Server; `url` names the collection (https://tfs.example.org/DefaultCollection)."""

    kind: Literal["azure-devops-server"] = Field(description="The product at the other end.")
    token: Secret = Field(description="The token of the account that the bot uses.")


AnyConnection = Annotated[
    JiraCloudConnection | JiraDataCenterConnection | AzureDevOpsConnection | AzureDevOpsServerConnection,
    Field(discriminator="kind"),
]
