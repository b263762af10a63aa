"""What the Azure DevOps wire answers with: JSON bodies, lists in their wrapper, errors as the product words them."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from werkzeug.wrappers import Response

from integrations.sandbox.records import Project, User

_NAMESPACE = uuid.UUID("0b3f6c52-55f5-4f8e-b7a3-3c1d9f6f5a10")
DOMAIN = "CORP"
END_OF_TIME = "9999-01-01T00:00:00Z"

Json = dict[str, Any]


class WireError(Exception):
    """An error answer. `key` is the product's typeKey; `kind` its .NET name without the assembly."""

    properties: Json | None = None
    """What the product says beside the message, for a rule that was broken."""

    def __init__(self, status: int, message: str, key: str, kind: str = "", code: int = 0, event: int = 3000) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.key = key
        self.kind = kind or f"Microsoft.VisualStudio.Services.Common.{key}, Microsoft.VisualStudio.Services.Common"
        self.code = code
        self.event = event

    def response(self) -> Response:
        body: Json = {
            "$id": "1",
            **({"customProperties": self.properties} if self.properties else {}),
            "innerException": None,
            "message": self.message,
            "typeName": self.kind,
            "typeKey": self.key,
            "errorCode": self.code,
            "eventId": self.event,
        }
        return answer(body, self.status)


def work_item_error(status: int, message: str, key: str, code: int = 0) -> WireError:
    """An error of the work item service."""
    assembly = "Microsoft.TeamFoundation.WorkItemTracking.Server"
    return WireError(status, message, key, f"{assembly}.{key}, {assembly}", code, 3200)


def bad_request(message: str) -> WireError:
    """A 400 for a request that does not fit its contract."""
    return WireError(400, message, "VssPropertyValidationException")


def not_found_item(item_id: object) -> WireError:
    message = f"TF401232: Work item {item_id} does not exist, or you do not have permissions to read it."
    return work_item_error(404, message, "WorkItemUnauthorizedAccessException")


def not_found_project(name: str) -> WireError:
    message = (
        f"TF200016: The following project does not exist: {name}. Verify that the name of the project is correct and "
        "that the project exists on the specified Azure DevOps Server."
    )
    key = "ProjectDoesNotExistWithNameException"
    return WireError(
        404, message, key, f"Microsoft.TeamFoundation.Core.WebApi.{key}, Microsoft.TeamFoundation.Core.WebApi"
    )


def answer(body: Any, status: int = 200, version: str = "7.1") -> Response:
    """A JSON answer as the product sends it, with its content type."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status=status, content_type=f"application/json; charset=utf-8; api-version={version}")


def stamp(moment: datetime) -> str:
    """A time as the product writes it: UTC, milliseconds without trailing zeros."""
    moment = moment.astimezone(UTC)
    fraction = f"{moment.microsecond // 1000:03d}".rstrip("0")
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction and '.' + fraction}Z"


def guid(*parts: object) -> str:
    """The GUID that stands for something here: the same for the same words, in every run."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(str(part) for part in parts)))


def project_guid(project: Project) -> str:
    return guid("project", project.id)


def subject_descriptor(user: User) -> str:
    """What graph and identity references call `descriptor`."""
    return ("aadsp." if user.is_app else "aad.") + user.id.replace("-", "")


def identity_descriptor(user: User) -> str:
    """What access control lists call `descriptor`."""
    return f"Microsoft.IdentityModel.Claims.ClaimsIdentity;{guid('tenant')}\\{user.mail}"


def identity_ref(user: User, base: str) -> Json:
    """A person in a field of a work item, a comment or a revision."""
    descriptor = subject_descriptor(user)
    return {
        "displayName": user.display_name,
        "url": f"{base}/_apis/Identities/{user.id}",
        "_links": {"avatar": {"href": f"{base}/_apis/GraphProfile/MemberAvatars/{descriptor}"}},
        "id": user.id,
        "uniqueName": user.mail,
        "imageUrl": f"{base}/_apis/GraphProfile/MemberAvatars/{descriptor}",
        "descriptor": descriptor,
    }


def domain_name(user: User) -> str:
    """A person by domain and account, as a server of one's own names them."""
    return f"{DOMAIN}\\{user.name}"


def identity_body(user: User, *, server: bool = False) -> Json:
    """A person as security and the location service know them; a `server` of one's own knows domain and account."""
    account = {"$type": "System.String", "$value": user.name if server else user.mail}
    domain = {"$type": "System.String", "$value": DOMAIN if server else guid("tenant")}
    mail = {"$type": "System.String", "$value": user.mail}
    schema = {"$type": "System.String", "$value": "User"}
    return {
        "id": user.id,
        "descriptor": identity_descriptor(user),
        "subjectDescriptor": subject_descriptor(user),
        "providerDisplayName": user.display_name,
        "isActive": user.active,
        "members": [],
        "memberOf": [],
        "memberIds": [],
        "properties": {"SchemaClassName": schema, "Domain": domain, "Account": account, "Mail": mail},
        "resourceVersion": 2,
        "metaTypeId": 0,
    }


def combined_name(user: User) -> str:
    """A person as one string, "Name <mail>": the form of resourceVersion 1.0 and of values that people type."""
    return f"{user.display_name} <{user.mail}>"


_SCRIPT = re.compile(r"<(/?)script\b[^<>]*>", re.IGNORECASE)


def without_script(html: str) -> str:
    """HTML as the product keeps it: script elements go, and nothing else is touched."""
    kept, skipping, at = [], False, 0
    for tag in _SCRIPT.finditer(html):
        if not skipping:
            kept.append(html[at : tag.start()])
        skipping, at = not tag.group(1), tag.end()
    if not skipping:
        kept.append(html[at:])
    return "".join(kept)


def truth(value: str | None) -> bool:
    """A boolean of a query string."""
    return (value or "").casefold() == "true"


def mapping(value: Any) -> Mapping[str, Any]:
    """The value if it is a JSON object; raises the product's 400 if not."""
    if not isinstance(value, dict):
        raise bad_request("Value cannot be null.\r\nParameter name: body")
    return value
