"""The `azure-devops` package as this project uses it: its routes, versions and request models, our send step.

As it comes, the package loses status codes and headers, follows redirects, repeats requests in its own way, logs
request bodies and keeps its answers in files and class attributes. Everything that mends that is here. Its response
models drop fields (multilineFieldsFormat) and fail on a sign-in page, so answers are handed through as plain JSON.

Import this module only through `client`, which names the package's cache directory first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import requests
from azure.devops.connection import Connection
from azure.devops.v7_1.location.location_client import LocationClient
from azure.devops.v7_1.work_item_tracking.models import (
    CommentCreate,
    CommentUpdate,
    JsonPatchOperation,
    TeamContext,
    Wiql,
    WorkItemBatchGetRequest,
)
from msrest.exceptions import ClientException

from integrations.azure_devops.wire import Wire, decoded
from integrations.tracker import Missing, Unintelligible

_WORK_ITEM_LOCATION = "72c7ddf8-2cdc-4f60-90cd-ab71c14a399b"
_NEWER = {
    # multilineFieldsFormat is described for 7.2 only; an older server negotiates the version down again
    _WORK_ITEM_LOCATION: "7.2-preview.3",
    "908509b6-4248-4475-a1cd-829139ba419f": "7.2-preview.1",  # the same by batches
}
_GRAPH_DESCRIPTORS = "048aee0a-7072-4cde-ab73-7af77b1e0b4e"
_DRY_RUN_SINCE = 5.0  # Azure DevOps Server 2019; an older one might take a trial for a write
_VENDOR_HOSTS = ("dev.azure.com", "visualstudio.com")


class _Hardened:
    """Stands before a generated client class and replaces how it sends, locates and deserialises."""

    def __init__(self, base_url: str, wire: Wire, locations: dict[str, dict[str, Any]]) -> None:
        super().__init__(base_url, None)  # type: ignore[call-arg]  # the generated client comes next in the order
        self._wire = wire
        self._locations_by_url = locations
        self._deserialize = _plain

    def _send(self, http_method: str, location_id: str, version: str, **options: Any) -> requests.Response:
        try:
            response: requests.Response = super()._send(  # type: ignore[misc]  # see __init__
                http_method, location_id, _NEWER.get(location_id, version), **options
            )
        except (ClientException, ValueError, AttributeError) as error:
            # Raised by the package itself where the server does not know a resource or describes it oddly.
            raise Unintelligible(f"the server lacks an API that is needed ({type(error).__name__})") from None
        return response

    def _send_request(
        self,
        request: Any,
        headers: Mapping[str, str] | None = None,
        content: Any = None,
        media_type: str | None = None,
        **_: Any,
    ) -> requests.Response:
        return self._wire.send(request.method, request.url, {**request.headers, **(headers or {})}, content)

    def _get_resource_location(self, url: str, location_id: str) -> Any:
        known = self._locations_by_url
        if url not in known:
            base = self.config.base_url.rstrip("/")  # type: ignore[attr-defined]  # `url` is it in lower case
            answer = decoded(self._wire.send("OPTIONS", f"{base}/_apis", {"Accept": "application/json"}))
            places = self._base_deserialize("[ApiResourceLocation]", _listed(answer))  # type: ignore[attr-defined]
            known[url] = {str(place.id).lower(): place for place in places or ()}
        return known[url].get(location_id)

    def _get_deployment_url(self) -> None:
        """None: credentials are never sent to an address above the organisation's."""

    def _unwrap_collection(self, response: requests.Response) -> list[Any]:
        return _listed(decoded(response))


class HardenedConnection(Connection):  # type: ignore[misc]  # the package has no type information
    """The package's Connection whose clients are hardened."""

    def __init__(self, organisation_url: str, wire: Wire) -> None:
        super().__init__(organisation_url.rstrip("/"), None)
        self._wire = wire
        self._locations: dict[str, dict[str, Any]] = {}
        self._areas: dict[str, str] | None = None

    def _get_client_instance(self, client_class: type) -> Any:
        hardened = type(f"Hardened{client_class.__name__}", (_Hardened, client_class), {})
        return hardened(self._get_url_for_client_instance(client_class), self._wire, self._locations)

    def _get_url_for_client_instance(self, client_class: type) -> str:
        base: str = self.base_url
        area = getattr(client_class, "resource_area_identifier", None)
        if area is None:
            return base
        if self._areas is None:
            told = (one for one in self._told_areas() if isinstance(one, dict))
            self._areas = {str(one.get("id", "")).lower(): str(one.get("locationUrl") or "") for one in told}
        url = self._areas.get(area.lower(), "")
        return url.rstrip("/") if url and is_trusted(url, base) else base

    def _told_areas(self) -> list[Any]:
        location = self.get_client(f"{LocationClient.__module__}.{LocationClient.__name__}")
        try:
            return list(location.get_resource_areas())
        except (Missing, Unintelligible):  # a server of one's own: everything lives at the collection's address
            return []


class Session:
    """The package's clients of one organisation, and the few calls that several ports share.

    Everything returned is the product's own JSON; all methods raise TrackerError.
    """

    def __init__(self, organisation_url: str, wire: Wire) -> None:
        clients = HardenedConnection(organisation_url, wire).clients_v7_1
        self.organisation_url = organisation_url.rstrip("/")
        self._clients = clients

    @property
    def items(self) -> Any:
        """The client for work items, comments, queries and types."""
        return self._clients.get_work_item_tracking_client()

    @property
    def location(self) -> Any:
        """The client that knows who is signed in."""
        return self._clients.get_location_client()

    @property
    def graph(self) -> Any:
        """The client for people, groups and memberships."""
        return self._clients.get_graph_client()

    @property
    def security(self) -> Any:
        """The client for access control lists."""
        return self._clients.get_security_client()

    @property
    def identities(self) -> Any:
        """The client that knows the descriptors by which access control lists name people."""
        return self._clients.get_identity_client()

    @property
    def hooks(self) -> Any:
        """The client for service hook subscriptions."""
        return self._clients.get_service_hooks_client()

    def project_id(self, name: str) -> str:
        """The id of a project, in lower case."""
        return str(mapping(self._clients.get_core_client().get_project(name)).get("id") or "").lower()

    def project_name(self, name: str) -> str:
        """A project's name as the product spells it. Raises Missing where it knows or shows none."""
        return str(mapping(self._clients.get_core_client().get_project(name)).get("name") or name)

    def item(self, number: int, fields: Sequence[str] | None = None) -> dict[str, Any]:
        """One work item: with all of it, or with only the named fields."""
        answer = self.items.get_work_item(number, fields=fields, expand=None if fields else "All")
        return mapping(answer)

    def batch(self, numbers: Sequence[int], fields: Sequence[str] | None = None) -> list[Any]:
        """At most 200 items at once, whole or with the named fields; those that are gone are null or left out."""
        request = WorkItemBatchGetRequest(
            ids=list(numbers),
            fields=list(fields) if fields else None,
            expand=None if fields else "all",
            error_policy="omit",
        )
        return list(self.items.get_work_items_batch(request))

    def query(self, project: str, wiql: str, top: int) -> dict[str, Any]:
        """The first `top` results of a query, whose dates are precise to the millisecond."""
        context = TeamContext(project=project)
        return mapping(self.items.query_by_wiql(Wiql(query=wiql), context, time_precision=True, top=top))

    def add_comment(self, project: str, number: int, text: str, text_format: str) -> dict[str, Any]:
        """Adds a comment; not repeatable."""
        return mapping(self.items.add_work_item_comment(CommentCreate(text=text), project, number, text_format))

    def edit_comment(self, project: str, number: int, comment: int, text: str, text_format: str) -> None:
        """Replaces the text of a comment."""
        self.items.update_work_item_comment(CommentUpdate(text=text), project, number, comment, text_format)

    def patch(
        self, number: int, revision: int, operations: Sequence[Mapping[str, Any]], *, only_try: bool = False
    ) -> dict[str, Any]:
        """Changes an item if its revision is still `revision`, else raises Conflict. Returns the new item.

        With `only_try` nothing is changed: the answer is what it would be. Ask `knows_trials` first.
        """
        test = {"op": "test", "path": "/rev", "value": revision}
        document = [_operation(one) for one in (test, *operations)]
        answer = self.items.update_work_item(document, number, validate_only=only_try or None, expand="All")
        return mapping(answer)

    def create(
        self, project: str, item_type: str, operations: Sequence[Mapping[str, Any]], *, only_try: bool = False
    ) -> dict[str, Any]:
        """Creates an item; not repeatable. With `only_try` nothing is created."""
        document = [_operation(one) for one in operations]
        return mapping(self.items.create_work_item(document, project, item_type, validate_only=only_try or None))

    def knows_trials(self) -> bool:
        """Whether the server can try a write without making it."""
        place = _place(self.items, _WORK_ITEM_LOCATION)
        return place is not None and float(place.max_version) >= _DRY_RUN_SINCE

    def knows_graph(self) -> bool:
        """Whether the server tells of people by Graph; one's own server does not."""
        return _place(self.graph, _GRAPH_DESCRIPTORS) is not None

    def relation_url(self, number: int) -> str:
        """The address by which a relation names an item."""
        return f"{self.organisation_url}/_apis/wit/workItems/{number}"


def _place(client: Any, location_id: str) -> Any:
    return client._get_resource_location(client.normalized_url, location_id)


def is_trusted(url: str, base: str) -> bool:
    """Whether the token may go to `url`, an address that the server at `base` gave."""
    there, here = urlsplit(url), urlsplit(base)
    if there.scheme != here.scheme:
        return False
    if there.netloc.lower() == here.netloc.lower():
        return True
    hosts = (there.hostname or "", here.hostname or "")
    return all(any(host == own or host.endswith(f".{own}") for own in _VENDOR_HOSTS) for host in hosts)


def mapping(answer: Any) -> dict[str, Any]:
    """The answer as a JSON object; raises Unintelligible."""
    if not isinstance(answer, dict):
        raise Unintelligible("an answer that is not an object")
    return answer


def _plain(_: str, answer: Any) -> Any:
    return decoded(answer) if isinstance(answer, requests.Response) else answer


def _listed(answer: Any) -> list[Any]:
    value = answer.get("value") if isinstance(answer, dict) else None
    if not isinstance(value, list):
        raise Unintelligible("an answer that is not a list")
    return value


def _operation(one: Mapping[str, Any]) -> Any:
    if one["op"] != "remove" and one.get("value") is None:
        raise ValueError("an operation without a value: the package would drop it, so say remove")
    return JsonPatchOperation(op=one["op"], path=one["path"], value=one.get("value"))
