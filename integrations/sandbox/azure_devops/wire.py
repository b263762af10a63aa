"""The Azure DevOps wire: who asks, by which version of which resource, and what comes of it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Request, Response

from integrations.sandbox.azure_devops.answers import (
    WireError,
    answer,
    bad_request,
    not_found_item,
    not_found_project,
    project_guid,
    work_item_error,
)
from integrations.sandbox.azure_devops.items import Shapes
from integrations.sandbox.azure_devops.processes import AGILE, Process
from integrations.sandbox.azure_devops.versions import NEWEST_VERSION, SERVER_VERSION, Version, version_of
from integrations.sandbox.records import Forbidden, Invalid, NotFound, Project, SandboxError, User
from integrations.sandbox.state import Tracker
from integrations.sandbox.webhooks import Webhooks

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_NOT_ON_A_SERVER = frozenset({"graph", "resourceareas"})


class Mount(Protocol):
    """What the wire needs of the site that it is part of."""

    @property
    def tracker(self) -> Tracker: ...

    @property
    def webhooks(self) -> Webhooks: ...

    @property
    def url(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Call:
    """One request, after it is known who asks and in which project (None: the whole organisation)."""

    mount: Mount
    request: Request
    user: User
    base: str
    version: Version
    project: Project | None
    rest: tuple[str, ...]
    processes: Mapping[str, Process] = field(default_factory=dict)
    server: bool = False

    @property
    def process(self) -> Process:
        """The process of the route's project."""
        return self.process_of("" if self.project is None else self.project.key)

    def process_of(self, project: str) -> Process:
        """The process of a project, by its key."""
        return self.processes.get(project, AGILE)

    @property
    def tracker(self) -> Tracker:
        return self.mount.tracker

    @property
    def query(self) -> Mapping[str, str]:
        return {name.casefold(): value for name, value in self.request.args.items()}

    def json(self) -> Any:
        """The body as JSON; raises the product's 400."""
        try:
            return self.request.get_json(force=True)
        except (BadRequest, RecursionError) as error:
            raise bad_request("TF400898: The body of the request is not valid JSON.") from error

    def shapes(self) -> Shapes:
        return Shapes(self.tracker, self.base, with_formats=self.version.number >= 7.2)

    def home(self) -> Project:
        """The project of the route; raises where the route names none."""
        if self.project is None:
            raise bad_request("The request must name a project.")
        return self.project

    def number(self, name: str, default: int, most: int) -> int:
        """A count in the query string."""
        text = self.query.get(name, "")
        if not text:
            return default
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise bad_request(f"A value of '{text}' for the parameter {name} is out of range.")
        return min(int(text), most)


Handler = Callable[[Call], Response]
Routes = Mapping[tuple[str, str], Handler]
"""(method, resource) -> handler; `*` stands for one segment of the path, `**` at the end for any number of them."""


class Wire:
    """The WSGI application of one organisation. Switches, for tests:

    `sign_in` says what a wrong token gets: 401, or the page that people sign in on, at once (203) or by a redirect
    (302). `delayed` (seconds) makes every answer say that the caller is being slowed down. `server` makes it Azure
    DevOps Server 2020: no Graph, no resource areas, an API of version 6.0, comments in HTML only.
    """

    def __init__(self, mount: Mount, routes: Iterable[Routes]) -> None:
        self.mount = mount
        self.sign_in: Literal["401", "203", "302"] = "401"
        self.delayed: float | None = None
        self.server = False
        self.processes: dict[str, Process] = {}
        self._routes = [
            (method, tuple(resource.split("/")), handler)
            for table in routes
            for (method, resource), handler in table.items()
        ]

    def give_process(self, project: str, process: Process) -> None:
        """Lets a project, named by its key, have another process than Agile."""
        process.teach(self.mount.tracker)
        self.processes[project] = process

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        try:
            response = self._dispatch(request)
        except WireError as error:
            response = error.response()
        except SandboxError as error:
            response = translated(error).response()
        self._announce(response)
        return response

    def _announce(self, response: Response) -> None:
        if self.delayed is not None and response.status_code < 300:
            response.headers["Retry-After"] = str(round(self.delayed))
            response.headers["X-RateLimit-Resource"] = "Core/User"
            response.headers["X-RateLimit-Delay"] = f"{self.delayed:g}"
            response.headers["X-RateLimit-Limit"] = "200"
            response.headers["X-RateLimit-Remaining"] = "0"
            response.headers["X-RateLimit-Reset"] = "300"

    def _dispatch(self, request: Request) -> Response:
        if request.path.strip("/") == "_signin":
            return Response(_SIGN_IN_PAGE, 200, content_type="text/html; charset=utf-8")
        segments = [segment for segment in request.path.split("/") if segment]
        lowered = [segment.casefold() for segment in segments]
        if "_apis" not in lowered[:3]:
            return Response("<html><body>Page not found.</body></html>", 404, content_type="text/html; charset=utf-8")
        at = lowered.index("_apis")
        user = self._user(request)
        if user is None:
            return self._refuse(request)
        request.environ["sandbox.user"] = user.name
        method = "GET" if request.method == "HEAD" else request.method
        if self.server and lowered[at + 1 : at + 2] and lowered[at + 1] in _NOT_ON_A_SERVER:
            raise _no_such_controller()
        handler, rest = self._find(method, segments[at + 1 :])
        version = version_of(request, method, lowered[at + 1 :], SERVER_VERSION if self.server else NEWEST_VERSION)
        project = self._project(segments[0], user) if at else None
        base = self.mount.url
        return handler(Call(self.mount, request, user, base, version, project, rest, self.processes, self.server))

    def _find(self, method: str, segments: list[str]) -> tuple[Handler, tuple[str, ...]]:
        others = set()
        for known, pattern, handler in self._routes:
            rest = _matched(pattern, segments)
            if rest is not None and known == method:
                return handler, rest
            if rest is not None and known != "OPTIONS":
                others.add(known)
        if others:
            message = f"The requested resource does not support http method '{method}'."
            raise WireError(405, message, "UnsupportedHttpMethodException")
        raise _no_such_controller()

    def _project(self, name: str, user: User) -> Project:
        for project in self.mount.tracker.projects(user):
            if name.casefold() in (project.name.casefold(), project.key.casefold(), project_guid(project)):
                return project
        raise not_found_project(name)

    def _user(self, request: Request) -> User | None:
        scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
        if scheme.casefold() == "bearer":
            return self.mount.tracker.user_by_token(credentials.strip())
        if scheme.casefold() != "basic":
            return None
        try:
            text = base64.b64decode(credentials.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return None
        # Whatever stands before the colon is ignored: the token alone says who it is.
        return self.mount.tracker.user_by_token(text.partition(":")[2])

    def _refuse(self, request: Request) -> Response:
        if self.sign_in == "203":
            return Response(_SIGN_IN_PAGE, 203, content_type="text/html; charset=utf-8")
        if self.sign_in == "302":
            return Response("", 302, {"Location": f"{self.mount.url}/_signin"})
        page = "<html><body><h1>Access Denied: The Personal Access Token used has expired.</h1></body></html>"
        challenge = {"WWW-Authenticate": f'Basic realm="{self.mount.url}/"'}
        return Response(page, 401, challenge, content_type="text/html; charset=utf-8")


_SIGN_IN_PAGE = """<!DOCTYPE html>
<html><head><title>Azure DevOps Services | Sign In</title></head><body><h1>Sign in to your account</h1></body></html>
"""


def _no_such_controller() -> WireError:
    message = "The controller for path '/_apis' was not found or does not implement IController."
    return WireError(404, message, "HttpException", "System.Web.HttpException, System.Web")


def _matched(pattern: tuple[str, ...], segments: list[str]) -> tuple[str, ...] | None:
    """The segments that the stars of a pattern stand for, or None where the path is another."""
    if pattern[-1:] == ("**",):
        head = _matched(pattern[:-1], segments[: len(pattern) - 1])
        return None if head is None else (*head, *segments[len(pattern) - 1 :])
    if len(pattern) != len(segments):
        return None
    if any(p not in ("*", s.casefold()) for p, s in zip(pattern, segments, strict=True)):
        return None
    return tuple(s for p, s in zip(pattern, segments, strict=True) if p == "*")


def translated(error: SandboxError) -> WireError:
    """What the product says to what the state refuses."""
    if isinstance(error, NotFound):
        if error.what == "item":
            return not_found_item(error.which)
        if error.what == "project":
            return not_found_project(error.which)
        return work_item_error(404, f"VS402600: The {error.what} {error.which} does not exist.", "NotFoundException")
    if isinstance(error, Forbidden):
        message = (
            "TF237111: The current user does not have permissions to save work items under the specified area path."
        )
        return work_item_error(403, message, "WorkItemUnauthorizedAccessException")
    if isinstance(error, Invalid):
        message = f"TF401320: Rule Error for field {error.field or 'unknown'}. Error code: InvalidValue."
        return work_item_error(400, message, "RuleValidationException", 600171)
    return work_item_error(412, "TF26071: This work item has been changed by someone else.", "StaleRevision")


def listing(values: Sequence[Any]) -> Response:
    """A list in its wrapper."""
    return answer({"count": len(values), "value": list(values)})
