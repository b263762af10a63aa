"""Versions of the Azure DevOps API: how a request names one, and what comes of one that is not there."""

from __future__ import annotations

import re
from dataclasses import dataclass

from werkzeug.wrappers import Request

from integrations.sandbox.azure_devops.answers import WireError
from integrations.sandbox.azure_devops.locations import PREVIEW_ONLY

NEWEST_VERSION = 7.2
SERVER_VERSION = 6.0
"""The newest API of Azure DevOps Server 2020."""
_VERSION = re.compile(r"(\d{1,2}\.\d)(-preview(?:\.(\d{1,2}))?)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Version:
    """The api-version of a request: number and, for previews, the revision of the preview (0: the newest)."""

    number: float
    preview: int | None = None

    def __str__(self) -> str:
        return f"{self.number}" + ("" if self.preview is None else f"-preview.{self.preview or 1}")


def version_of(request: Request, method: str, path: list[str], newest: float) -> Version:
    """What a request asks for, by its query or its Accept header. Raises WireError, in the product's words."""
    asked = {name.casefold(): value for name, value in request.args.items()}.get("api-version", "")
    if not asked:
        accepted = re.search(r"api-version=([\w.-]{1,20})", request.headers.get("Accept", ""))
        asked = accepted.group(1) if accepted else ""
    if not asked:
        if method in ("GET", "OPTIONS"):
            return Version(newest, 0)
        message = (
            f'No api-version was supplied for the "{method}" request. The version must be supplied either as part of '
            'the Accept header (e.g., "application/json; api-version=1.0") or as a query parameter (e.g., '
            '"?api-version=1.0").'
        )
        raise WireError(400, message, "VssVersionNotSpecifiedException")
    match = _VERSION.match(asked)
    if match is None or float(match.group(1)) > newest:
        message = f"The requested REST API version of {asked} is out of range for this server. The latest is {newest}."
        raise WireError(400, message, "VssVersionOutOfRangeException")
    preview = int(match.group(3) or 0) if match.group(2) else None
    if preview is None and PREVIEW_ONLY.intersection(path):
        message = (
            f'The requested version "{asked}" of the resource is under preview. The -preview flag must be supplied in '
            f'the api-version for such requests. For example: "{asked}-preview"'
        )
        raise WireError(400, message, "VssInvalidPreviewVersionException")
    return Version(float(match.group(1)), preview)
