"""The people's page: the backlog of every tracker, an item as the tracker would show it, and forms to act on it.

    app = create_page(site)

It needs no script; with one, an open item shows new comments by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from flask import Flask, abort, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import NotFound as Absent
from werkzeug.wrappers import Response

from integrations.sandbox.mailbox import Mailbox
from integrations.sandbox.pages import forms, shown, visit
from integrations.sandbox.pages.texts import to_html, to_source
from integrations.sandbox.records import Item, SandboxError, User
from integrations.sandbox.state import Tracker

_FOLDER = Path(__file__).parent
_SAID = {
    "comment": "Your comment is in.",
    "edit": "Saved.",
    "labels": "Saved.",
    "unlabel": "Saved.",
    "created": "Created.",
}
_CRITERIA = "Microsoft.VSTS.Common.AcceptanceCriteria"


class Place(Protocol):
    """One tracker of a site, with the mails it would send."""

    @property
    def tracker(self) -> Tracker: ...

    @property
    def mailbox(self) -> Mailbox: ...


class Places(Protocol):
    """A site, as far as the page is concerned. `notice`, if set, is a plain sentence shown on top of every page."""

    @property
    def notice(self) -> str: ...

    def __iter__(self) -> Iterator[Any]: ...


def create_page(site: Places) -> Flask:
    """The page as a WSGI application."""
    app = Flask(__name__, template_folder=str(_FOLDER / "templates"), static_folder=str(_FOLDER / "static"))
    app.config |= {"MAX_CONTENT_LENGTH": 1024 * 1024, "MAX_FORM_MEMORY_SIZE": 1024 * 1024}
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters |= {
        "moment": shown.moment,
        "initials": shown.initials,
        "shade": shown.shade,
        "kind": shown.kind,
        "digest": forms.digest,
    }
    app.before_request(visit.begin)
    app.after_request(visit.end)
    desk = _Desk(site)
    app.context_processor(desk.frame)
    app.register_error_handler(HTTPException, desk.problem)
    app.register_error_handler(SandboxError, desk.problem)
    app.add_url_rule("/", "start", desk.start)
    app.add_url_rule("/backlog/<name>", "backlog", desk.backlog)
    app.add_url_rule("/item/<name>/<key>", "item", desk.item)
    app.add_url_rule("/item/<name>/<key>/<any(comment, edit, labels, unlabel):deed>", "act", desk.act, methods=["POST"])
    app.add_url_rule("/revision/<name>/<key>", "revision", desk.revision)
    for address in ("/<name>/browse/<key>", "/<name>/_workitems/edit/<key>", "/<name>/<_>/_workitems/edit/<key>"):
        app.add_url_rule(address, "opened", desk.opened, strict_slashes=False)
    app.add_url_rule("/new/<name>", "new", desk.new, methods=["GET", "POST"])
    app.add_url_rule("/mail/<name>", "mail", desk.mail)
    app.add_url_rule("/person", "person", desk.person, methods=["POST"])
    return app


class _Desk:
    """The views of the page over one site."""

    def __init__(self, site: Places) -> None:
        self._site = site

    def _place(self, name: str) -> Place:
        for place in self._site:
            if place.tracker.name == name:
                found: Place = place
                return found
        raise Absent

    def frame(self) -> dict[str, Any]:
        """What every template may use."""
        places: list[Place] = list(self._site)
        name = (request.view_args or {}).get("name")
        chosen = next((place for place in places if place.tracker.name == name), places[0])
        return {
            "notice": self._site.notice,
            "trackers": [(place.tracker, shown.PRODUCTS[place.tracker.flavour]) for place in places],
            "tracker": chosen.tracker,
            "product": shown.PRODUCTS[chosen.tracker.flavour],
            "label_word": "tag" if chosen.tracker.flavour == "azure-devops" else "label",
            "person": visit.person(chosen.tracker),
            "people": visit.people(chosen.tracker),
            "token": visit.token(),
            "here": request.path,
            "done": _SAID.get(request.args.get("done", ""), ""),
        }

    def start(self) -> Response | str:
        first = next(iter(self._site), None)
        return redirect(url_for("backlog", name=first.tracker.name)) if first else "no tracker"

    def backlog(self, name: str) -> str:
        tracker = self._place(name).tracker
        person, query = visit.person(tracker), shown.Query.of(request.args)
        return render_template(
            "backlog.html",
            query=query,
            found=shown.backlog(tracker, person, query),
            projects=tracker.projects(person),
        )

    def item(self, name: str, key: str) -> str:
        tracker = self._place(name).tracker
        return self._item(tracker, tracker.item(key, visit.person(tracker)))

    def opened(self, name: str, key: str, _: str = "") -> Response:
        """The address of an item in the product itself."""
        return redirect(url_for("item", name=name, key=key))

    def revision(self, name: str, key: str) -> tuple[str, dict[str, str]]:
        """The item's revision as plain text, for the script of an open page."""
        tracker = self._place(name).tracker
        return str(tracker.item(key, visit.person(tracker)).rev), {"Content-Type": "text/plain"}

    def _item(self, tracker: Tracker, item: Item, refused: str = "", form: Mapping[str, str] | None = None) -> str:
        person = visit.person(tracker)
        home = tracker.project(item.project)
        return render_template(
            "item.html",
            item=item,
            row=shown.row(tracker, item),
            home=home,
            description=_shown_field(tracker, item, item.description, "System.Description", person),
            source=to_source(tracker, item.description),
            comments=shown.comments(tracker, item, person),
            links=shown.links(tracker, item, person),
            parent=shown.parent(tracker, item, person),
            children=[shown.row(tracker, child) for child in tracker.children(item.id)],
            history=shown.history(tracker, item),
            reporter=shown.someone(tracker, item.reporter),
            assignee=shown.someone(tracker, item.assignee) if item.assignee else None,
            criteria=_shown_field(tracker, item, item.fields.get(_CRITERIA), _CRITERIA, person),
            priorities=shown.terms(tracker, "priority"),
            statuses=shown.terms(tracker, "status"),
            may={right: tracker.may(person, right, home) for right in ("edit", "comment")},
            refused=refused,
            form=form or {},
        )

    def act(self, name: str, key: str, deed: str) -> Response | tuple[str, int]:
        tracker = self._place(name).tracker
        person = visit.person(tracker)
        item = tracker.item(key, person)
        deeds: dict[str, Callable[[Tracker, User, Item, Mapping[str, str]], object]] = {
            "comment": forms.comment,
            "edit": forms.edit,
            "labels": forms.add_labels,
            "unlabel": forms.remove_label,
        }
        try:
            made = deeds[deed](tracker, person, item, request.form)
        except (SandboxError, forms.Refusal) as error:
            refused = error if isinstance(error, forms.Refusal) else forms.refusal(error, person)
            return self._item(tracker, item, str(refused), request.form), refused.status
        anchor = f"comment-{getattr(made, 'id', '')}" if deed == "comment" else None
        return redirect(url_for("item", name=name, key=key, done=deed, _anchor=anchor), 303)

    def new(self, name: str) -> Response | str | tuple[str, int]:
        tracker = self._place(name).tracker
        person = visit.person(tracker)
        refused, status = "", 200
        if request.method == "POST":
            try:
                made = forms.create(tracker, person, request.form)
            except (SandboxError, forms.Refusal) as error:
                told = error if isinstance(error, forms.Refusal) else forms.refusal(error, person)
                refused, status = str(told), told.status
            else:
                return redirect(url_for("item", name=name, key=made.key, done="created"), 303)
        page = render_template(
            "new.html",
            projects=[one for one in tracker.projects(person) if tracker.may(person, "create", one)],
            types=[term.name for term in tracker.terms("type") if term.category != "subtask"],
            priorities=shown.terms(tracker, "priority"),
            refused=refused,
            form=request.form,
        )
        return page, status

    def mail(self, name: str) -> str:
        place = self._place(name)
        only = request.args.get("to", "")
        mails = [mail for mail in reversed(place.mailbox.mails) if only in ("", mail.to)]
        return render_template("mail.html", mails=[shown.sent(place.tracker, mail) for mail in mails[:200]], only=only)

    def person(self) -> Response:
        answer = redirect(_own_path(request.form.get("back", "/")), 303)
        chosen = request.form.get("person", "")
        if not any(chosen == user.name for place in self._site for user, _ in visit.people(place.tracker)):
            abort(400)
        visit.remember(answer, chosen)
        return answer

    def problem(self, error: Exception) -> tuple[str, int]:
        if isinstance(error, HTTPException):
            status = error.code or 500
            words = {403: "This form did not come from this page. Load the page again.", 404: "There is nothing here."}
            return render_template("problem.html", status=status, words=words.get(status, error.name + ".")), status
        name = (request.view_args or {}).get("name", "")
        told = forms.refusal(error, visit.person(self._place(name).tracker))
        return render_template("problem.html", status=told.status, words=str(told)), told.status


def _own_path(asked: str) -> str:
    """A path of this site, never another host."""
    inside = asked.startswith("/") and not asked.startswith("//") and "\\" not in asked and asked.isprintable()
    return asked if inside else "/"


def _shown_field(tracker: Tracker, item: Item, value: Any, name: str, viewer: User) -> Markup:
    """A rich field; `name` is what Azure DevOps calls it."""
    return to_html(tracker, value, item.formats.get(name, "html"), viewer)
