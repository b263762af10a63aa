"""One connection to Azure DevOps: the ports of integrations.tracker, on one hardened client."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from integrations.azure_devops.hooks import AzureDevOpsHooks
from integrations.azure_devops.markup import TextFormat
from integrations.azure_devops.organisation.closed import ClosedAreas
from integrations.azure_devops.people import AzureDevOpsPeople
from integrations.azure_devops.reader import AzureDevOpsReader
from integrations.azure_devops.trial.names import AzureDevOpsNames
from integrations.azure_devops.trial.rights import AzureDevOpsRights
from integrations.azure_devops.trial.scratch import AzureDevOpsRehearser
from integrations.azure_devops.wire import Auth, Wire
from integrations.azure_devops.writing.applier import AzureDevOpsApplier
from integrations.azure_devops.writing.children import ChildWriter
from integrations.azure_devops.writing.commenter import AzureDevOpsCommenter
from integrations.azure_devops.writing.drafter import AzureDevOpsDrafter
from integrations.azure_devops.writing.edits import Edits
from integrations.exchanges import Observe, unobserved
from integrations.pace import Board
from integrations.transport import PLAIN, Transport

_CACHE_VARIABLE = "AZURE_DEVOPS_CACHE_DIR"


class AzureDevOpsConnection:
    """Gives the ports for one organisation and one token; safe to use from many threads.

    `organisation_url` is https://dev.azure.com/contoso or a collection's address on a server of one's own. `auth` is a
    personal access token, or a function that gives the value of the Authorization header (called for each request, so
    that a token may be renewed). `name` is the connection's name in the settings. `comment_format` must be "html" for
    Azure DevOps Server, which knows no other. `timeout` is (connect, read) in seconds; `sleep` waits the seconds given;
    `observer` is told of each request. `transport` is how requests travel, `board` where the product's limits are kept
    for all processes. `restricted` names a project's areas (paths) whose items not all of the project see.
    """

    def __init__(
        self,
        organisation_url: str,
        auth: Auth,
        name: str,
        *,
        cache_dir: Path | None = None,
        timeout: tuple[float, float] = (3.05, 20.0),
        comment_format: TextFormat = "markdown",
        sleep: Callable[[float], None] = time.sleep,
        observer: Observe = unobserved,
        transport: Transport = PLAIN,
        board: Board | None = None,
        restricted: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        if not organisation_url.startswith(("https://", "http://")) or any(char in organisation_url for char in "{}?#"):
            raise ValueError("an organisation's address looks like https://dev.azure.com/contoso")
        name_cache_directory(cache_dir)
        from integrations.azure_devops.sdk import Session

        session = Session(
            organisation_url, Wire(auth, timeout, sleep, observer=observer, transport=transport, board=board)
        )
        self.name = name
        self.people = AzureDevOpsPeople(session)
        self.reader = AzureDevOpsReader(session, name, comment_format, ClosedAreas(restricted))
        self.commenter = AzureDevOpsCommenter(session, self.reader, comment_format, self.people.own_id)
        self.hooks = AzureDevOpsHooks(session)
        children = ChildWriter(session, self.reader, self.people.own_id)
        self.drafter = AzureDevOpsDrafter(self.reader, children)
        self.applier = AzureDevOpsApplier(Edits(session, self.reader, self.people.own_id), children)
        self.names = AzureDevOpsNames(session)
        self.rights = AzureDevOpsRights(session, children)
        self.rehearser = AzureDevOpsRehearser(session, self.reader, children, self.people.own_id)


def name_cache_directory(wanted: Path | None) -> None:
    """Says where the package may keep files, before its first import: it creates a folder there when imported.

    Without a wish of the caller's that is a fresh private folder, because the package's own choice, the home
    directory, may not be writable. Nothing of ours is ever read from it.
    """
    if wanted is not None:
        wanted.mkdir(parents=True, exist_ok=True)
        os.environ[_CACHE_VARIABLE] = str(wanted)
    elif not os.environ.get(_CACHE_VARIABLE):
        os.environ[_CACHE_VARIABLE] = tempfile.mkdtemp(prefix="steward-azure-devops-")
