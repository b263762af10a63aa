"""The Commenter port for Azure DevOps.

The comments API has no place for a marker but the text, so a short token stands in the foot of each, for all to see.
A token in a person's comment is none: what is found must have been written by the bot's account.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from integrations.azure_devops.markup import Markup, TextFormat
from integrations.azure_devops.reader import AzureDevOpsReader, number
from integrations.blocks import Blocks
from integrations.tracker import Invalid, Unintelligible

if TYPE_CHECKING:  # importing it for real needs the package's cache directory to be named first
    from integrations.azure_devops.sdk import Session


class AzureDevOpsCommenter:
    """Posts in one format; `own_id` gives the identity of the bot's account."""

    def __init__(
        self, session: Session, reader: AzureDevOpsReader, text_format: TextFormat, own_id: Callable[[], str]
    ) -> None:
        self._session = session
        self._reader = reader
        self._format = text_format
        self._own_id = own_id

    def post(self, key: str, blocks: Blocks, marker: str, *, reply_to: str | None = None, only_for: str = "") -> str:
        """Adds a comment and returns its id; there are no threads to reply in."""
        _for_all(only_for)
        project = self._reader.project_of(number(key))
        text = Markup.of(self._session.organisation_url, project).render(blocks, self._format, marker)
        answer = self._session.add_comment(project, number(key), text, self._format)
        identity = answer.get("id", answer.get("commentId"))
        if not isinstance(identity, int):
            raise Unintelligible("a comment without its number")
        return str(identity)

    def edit(self, key: str, comment: str, blocks: Blocks, marker: str, *, only_for: str = "") -> None:
        """Replaces the text; Azure DevOps notifies nobody of the edit of a comment."""
        _for_all(only_for)
        project = self._reader.project_of(number(key))
        text = Markup.of(self._session.organisation_url, project).render(blocks, self._format, marker)
        self._session.edit_comment(project, number(key), number(comment), text, self._format)

    def find(self, key: str, marker: str) -> str | None:
        """The comment of the bot's account that ends with this marker, or None."""
        for comment in self._reader.comment_pages(key):
            if comment.marker == marker and comment.author.id == self._own_id():
                return comment.id
        return None


def _for_all(only_for: str) -> None:
    if only_for:
        raise Invalid(
            "Azure DevOps shows a comment to everybody who sees the item: it cannot be kept for a role or a group. "
            "Take `comments_for` out of the project's settings."
        )
