"""Every event that Jira sends, what the bot does about it, and why. docs/webhooks.md shows this table.

Cloud: https://developer.atlassian.com/cloud/jira/platform/webhooks/
Data Center: https://developer.atlassian.com/server/jira/platform/webhooks/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from integrations.tracker import Meaning

ISSUE_UPDATED, COMMENT_CREATED = "jira:issue_updated", "comment_created"
BY_A_RULE = "automation"
"""What a delivery is called here that names no event: a request of a rule of Jira Automation."""


def _ignored(names: Iterable[str], why: str) -> Iterator[tuple[str, Meaning]]:
    for name in names:
        yield name, Meaning("ignored", why)


EVENTS: Mapping[str, Meaning] = {
    "jira:issue_created": Meaning("created", "The issue is read, and looked at once it has rested."),
    ISSUE_UPDATED: Meaning(
        "updated",
        "The issue is read again, and looked at if what the rules read has changed. Moved to another project, what is "
        "open on it goes with it, or is closed where the settings do not name that project.",
    ),
    "jira:issue_deleted": Meaning("deleted", "If the issue is gone, what is open on it is closed."),
    COMMENT_CREATED: Meaning("commented", "The comment is read; a command in it is obeyed."),
    **dict(_ignored(["comment_updated"], "An edited comment decides nothing.")),
    **dict(_ignored(["comment_deleted"], "What was decided by a comment stays decided: undo is a command.")),
    **dict(
        _ignored(
            ["issuelink_created", "issuelink_deleted"],
            "Links are read with the issue when it is next looked at; one alone is no reason for a look.",
        )
    ),
    **dict(
        _ignored(["issue_property_set", "issue_property_deleted"], "Properties belong to apps; no rule reads them.")
    ),
    **dict(_ignored(["attachment_created", "attachment_deleted"], "The bot opens no attachments.")),
    **dict(
        _ignored(
            ["worklog_created", "worklog_updated", "worklog_deleted", "jira:worklog_updated"],
            "How long people worked is none of the bot's business.",
        )
    ),
    **dict(
        _ignored(
            ["sprint_created", "sprint_updated", "sprint_started", "sprint_closed", "sprint_deleted"],
            "The bot plans no sprints. An issue put into one is told as an update of that issue.",
        )
    ),
    **dict(
        _ignored(
            ["board_created", "board_updated", "board_deleted", "board_configuration_changed"],
            "Boards and filters are views; the bot reads issues.",
        )
    ),
    **dict(
        _ignored(
            ["filter_created", "filter_updated", "filter_deleted"],
            "Boards and filters are views; the bot reads issues.",
        )
    ),
    **dict(
        _ignored(
            [
                "project_created",
                "project_updated",
                "project_deleted",
                "project_soft_deleted",
                "project_restored_deleted",
                "project_archived",
                "project_restored_archived",
            ],
            "Which projects the bot looks after is said in the settings alone.",
        )
    ),
    **dict(
        _ignored(
            [
                "jira:version_created",
                "jira:version_updated",
                "jira:version_released",
                "jira:version_unreleased",
                "jira:version_moved",
                "jira:version_merged",
                "jira:version_deleted",
            ],
            "No rule reads versions.",
        )
    ),
    **dict(
        _ignored(
            ["issuetype_created", "issuetype_updated", "issuetype_deleted"],
            "A project's words are read from the project when they are needed.",
        )
    ),
    **dict(
        _ignored(
            ["user_created", "user_updated", "user_deleted"],
            "Who somebody is, and may do, is asked at the moment it matters.",
        )
    ),
    **dict(
        _ignored(
            [
                "option_voting_changed",
                "option_watching_changed",
                "option_unassigned_issues_changed",
                "option_subtasks_changed",
                "option_attachments_changed",
                "option_issuelinks_changed",
                "option_timetracking_changed",
                "option_timetracking_provider_changed",
            ],
            "Options of the whole site; what they allow is found out by trying.",
        )
    ),
    **dict(
        _ignored(
            [
                "app_access_to_objects_blocked",
                "app_access_to_objects_in_container_blocked",
                "jira_expression_evaluation_failed",
            ],
            "For apps of the Marketplace, which the bot is not.",
        )
    ),
}
"""By the vendor's name."""

COMMENT_REASONS: Mapping[str, Meaning] = {
    "issue_commented": Meaning(
        "commented", "Data Center: as comment_created. Cloud: ignored, because comment_created tells the same."
    ),
    "issue_comment_edited": Meaning("ignored", "An edited comment decides nothing."),
    "issue_comment_deleted": Meaning("ignored", "What was decided by a comment stays decided."),
}
"""What jira:issue_updated is where its `issue_event_type_name` says this and no field has changed."""

RULE = Meaning("asked", "The issue is looked at now, as if a person had said: steward expand.")
"""What a request of a rule of Jira Automation is."""
