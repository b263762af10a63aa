"""The part of the tree that says how a tracker is reached, product by product."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, Field

from bot.settings.values import STRICT, Address, OptionalSecret, Seconds, Secret


class ConnectionSettings(BaseModel):
    """What every connection to a tracker has. `vendor` names the webhooks that it sends."""

    model_config = STRICT
    vendor: ClassVar[Literal["jira", "azure-devops"]] = "jira"

    url: Address = Field(description="The tracker's address for programs.")
    browse_url: Address | None = Field(
        default=None, description="The tracker's address for people; none is the same as url."
    )
    token: Secret = Field(description="The token of the account that the bot uses.")
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


class JiraCloudConnection(ConnectionSettings):
    """Jira Cloud."""

    kind: Literal["jira-cloud"] = Field(description="The product at the other end.")
    user: str = Field(min_length=3, description="The mail address of the account that the token belongs to.")
    automation_secret: OptionalSecret = Field(
        default=None, description="What a rule of Jira Automation sends as X-Steward-Secret to ask for a look."
    )


class JiraDataCenterConnection(ConnectionSettings):
    """Jira Data Center, with a personal access token."""

    kind: Literal["jira-data-center"] = Field(description="The product at the other end.")
    automation_secret: OptionalSecret = Field(
        default=None, description="What a rule of Jira Automation sends as X-Steward-Secret to ask for a look."
    )


class AzureDevOpsConnection(ConnectionSettings):
    """Azure DevOps; `url` names the organisation (https://dev.azure.com/contoso)."""

    vendor = "azure-devops"
    kind: Literal["azure-devops"] = Field(description="The product at the other end.")
    webhook_user: str = Field(
        default="steward", min_length=1, description="The user name that deliveries sign in with."
    )
    comment_format: Literal["html", "markdown"] = Field(
        default="html", description="How comments are written; Server: html."
    )


AnyConnection = Annotated[
    JiraCloudConnection | JiraDataCenterConnection | AzureDevOpsConnection, Field(discriminator="kind")
]
