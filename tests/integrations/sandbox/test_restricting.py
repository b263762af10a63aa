"""Items that members alone see: a security level in Jira, a closed area in Azure DevOps."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from integrations.sandbox.mailbox import Mailbox
from integrations.sandbox.site import Served, Site, serve
from integrations.sandbox.state import Tracker

LEVEL = {"field": "security", "fromString": None, "toString": "Confidential"}


@pytest.mark.parametrize("name", ["cloud", "dc"])
def test_who_is_no_member_of_a_level_finds_neither_the_issue_nor_a_link_to_it(served: Served, name: str) -> None:
    tracker = served.site[name].tracker
    dana, told = tracker.user("dana"), Mailbox(tracker)
    secret = tracker.create_item(dana, "SHOP", "Story", "Secret", assignee="lee")
    other = tracker.create_item(dana, "SHOP", "Story", "Open")
    below = tracker.create_item(
        dana, "SHOP", "Subtask" if name == "cloud" else "Sub-task", "Part of it", parent=secret.id
    )
    tracker.add_link(dana, "Relates", other.id, secret.id)
    tracker.subscribe(told)
    seen: list[Any] = []
    tracker.subscribe(seen.append)
    tracker.restrict(secret.id, "dana", "ada", actor=dana)

    api = "/rest/api/3" if name == "cloud" else "/rest/api/2"
    search = f"{api}/search/jql" if name == "cloud" else f"{api}/search"

    def found(login: str, jql: str) -> list[str]:
        answer = asked("GET", search, login, params={"jql": f"project = SHOP AND {jql}", "fields": "summary"})
        return [issue["key"] for issue in answer.json()["issues"]]

    def asked(method: str, path: str, login: str, **rest: Any) -> requests.Response:
        basic = (f"{login}@corner-shop.example", f"token-{login}")
        how = {"auth": basic} if name == "cloud" else {"headers": {"Authorization": f"Bearer token-{login}"}}
        return requests.request(method, f"{served.url}/{name}{path}", timeout=10, **how, **rest)

    for key in (secret.key, below.key):
        assert asked("GET", f"{api}/issue/{key}", "lee").status_code == 404
        assert asked("GET", f"{api}/issue/{key}/comment", "lee").status_code == 404
    shown = asked("GET", f"{api}/issue/{secret.key}", "dana", params={"expand": "changelog"}).json()
    assert shown["fields"]["security"]["name"] == "Confidential"
    changed = shown["changelog"]["histories"][0 if name == "cloud" else -1]["items"][0]
    assert LEVEL.items() <= changed.items()
    assert LEVEL["toString"] == seen[0].entry.edits[0].after, "and a webhook is made of it"
    assert told.to("lee") == []
    assert found("lee", "level IS EMPTY ORDER BY key") == [other.key]
    assert found("lee", "level IS NOT EMPTY") == []
    assert found("dana", "level IS NOT EMPTY ORDER BY key") == [secret.key, below.key]
    links = {login: asked("GET", f"{api}/issue/{other.key}", login).json()["fields"] for login in ("lee", "dana")}
    assert (len(links["lee"]["issuelinks"]), len(links["dana"]["issuelinks"])) == (0, 1)

    tracker.open_up(secret.id)
    assert asked("GET", f"{api}/issue/{below.key}", "lee").status_code == 200


def test_who_may_not_read_an_area_finds_nothing_of_its_items() -> None:
    site = Site([Tracker("ado", "azure-devops")], time_scale=0.001)
    with serve(site) as served:
        tracker = site["ado"].tracker
        secret = tracker.create_item(None, "Shop", "Bug", "Secret")
        other = tracker.create_item(None, "Shop", "Bug", "Open")
        tracker.restrict(secret.id, "ada", "steward")

        def ask(method: str, path: str, login: str = "lee", **rest: Any) -> requests.Response:
            params = {"api-version": "7.1", **rest.pop("params", {})}
            auth = ("", f"token-{login}")
            return requests.request(method, f"{served.url}/ado{path}", params=params, auth=auth, timeout=10, **rest)

        assert ask("GET", f"/_apis/wit/workitems/{secret.id}").status_code == 404
        listed = {"ids": [secret.id, other.id], "errorPolicy": "omit"}
        seen = ask("POST", "/_apis/wit/workitemsbatch", json=listed).json()["value"]
        assert [one["id"] for one in seen if one] == [other.id]
        query = {"query": "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = 'Shop'"}
        answer = ask("POST", "/Shop/_apis/wit/wiql", json=query)
        assert [one["id"] for one in answer.json()["workItems"]] == [other.id]
        updates = ask("GET", f"/_apis/wit/workitems/{secret.id}/updates", "ada").json()["value"]
        assert updates[-1]["fields"]["System.AreaPath"]["newValue"] == "Shop\\Confidential"
        assert ask("GET", f"/_apis/wit/workitems/{secret.id}", "steward").status_code == 200
    site.close()
