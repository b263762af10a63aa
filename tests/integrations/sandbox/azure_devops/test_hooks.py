"""Service hooks: what is posted to a subscriber, and what follows its answer."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from integrations.sandbox.azure_devops.hooks import PROBATION_TRIES, RETRY_WAITS, Voice
from integrations.sandbox.azure_devops.resources.areas import add_area


class Receiver:
    """A subscriber that keeps what it gets and answers with `status`."""

    def __init__(self) -> None:
        self.status = 200
        self.got: list[tuple[dict[str, str], dict[str, Any]]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(({k.lower(): v for k, v in self.headers.items()}, json.loads(body)))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def events(self, name: str) -> list[dict[str, Any]]:
        return [body for _, body in self.got if body["eventType"] == name]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


def subscribe(organisation: Any, receiver: Receiver, event: str, **inputs: Any) -> str:
    consumer = {"url": receiver.url, "basicAuthUsername": "steward", "basicAuthPassword": "s3cret"}
    consumer |= {name: inputs.pop(name) for name in list(inputs) if name.endswith("ToSend")}
    body = {
        "publisherId": "tfs",
        "eventType": event,
        "consumerId": "webHooks",
        "consumerActionId": "httpRequest",
        "resourceVersion": inputs.pop("resourceVersion", "1.0"),
        "publisherInputs": inputs,
        "consumerInputs": consumer,
    }
    answer = organisation.ask("POST", "/_apis/hooks/subscriptions", "ada", json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def comment(organisation: Any, item: int, text: str, user: str = "dana") -> None:
    path = f"/Shop/_apis/wit/workItems/{item}/comments"
    assert organisation.ask("POST", path, user, json={"text": text}).status_code == 200


def status_of(organisation: Any, subscription: str) -> str:
    return str(organisation.ask("GET", f"/_apis/hooks/subscriptions/{subscription}").json()["status"])


def test_nobody_is_told_of_reads_seeds_and_changes_that_change_nothing(organisation: Any, receiver: Receiver) -> None:
    from integrations.sandbox.records import Seed

    for event in ("workitem.created", "workitem.updated", "workitem.commented", "workitem.deleted"):
        subscribe(organisation, receiver, event)
    key = organisation.tracker.seed([Seed("Old one", type="Bug")])[0]
    organisation.ask("GET", f"/_apis/wit/workitems/{key}")
    organisation.ask("PATCH", f"/_apis/wit/workitems/{key}", patch=[{"op": "test", "path": "/rev", "value": 1}])
    organisation.mounted.webhooks.drain()
    assert receiver.got == []


def test_a_created_item_is_told_with_basic_auth_and_flat_fields(organisation: Any, receiver: Receiver) -> None:
    subscription = subscribe(organisation, receiver, "workitem.created")
    item = organisation.item(Title="Cart <b>", AssignedTo="lee@corner-shop.example")
    organisation.mounted.webhooks.drain()
    headers, body = receiver.got[0]
    assert headers["authorization"] == "Basic c3Rld2FyZDpzM2NyZXQ="
    assert "x-hub-signature" not in headers
    assert (body["eventType"], body["publisherId"], body["resourceVersion"]) == ("workitem.created", "tfs", "1.0")
    assert (body["subscriptionId"], body["notificationId"], body["resource"]["id"]) == (subscription, 1, item)
    fields = body["resource"]["fields"]
    assert (fields["System.Title"], fields["System.CreatedBy"]) == (
        "Cart <b>",
        "Dana Duarte <dana@corner-shop.example>",
    )
    assert fields["System.AssignedTo"] == "Lee Lindqvist <lee@corner-shop.example>"
    assert body["message"]["text"].startswith(f"User Story #{item} (Cart <b>) created by Dana Duarte.")
    assert "Cart &lt;b&gt;" in body["message"]["html"]


def test_an_update_names_the_item_apart_from_the_number_of_the_update(organisation: Any, receiver: Receiver) -> None:
    organisation.item(Title="first")
    item = organisation.item(Title="Cart", Tags="a")
    subscribe(organisation, receiver, "workitem.updated")
    patch = [{"op": "add", "path": "/fields/System.Tags", "value": "steward-accept"}]
    organisation.ask("PATCH", f"/_apis/wit/workitems/{item}", "lee", patch=patch)
    organisation.mounted.webhooks.drain()
    resource = receiver.got[0][1]["resource"]
    assert (resource["id"], resource["workItemId"], resource["rev"]) == (2, item, 2)
    assert (resource["revision"]["id"], resource["revision"]["rev"]) == (item, 2)
    assert resource["fields"]["System.Tags"] == {"oldValue": "a", "newValue": "a; steward-accept"}
    lee = organisation.tracker.user("lee")
    assert (resource["revisedBy"]["id"], resource["revisedBy"]["uniqueName"]) == (lee.id, lee.mail)
    assert resource["fields"]["System.ChangedBy"]["newValue"] == "Lee Lindqvist <lee@corner-shop.example>"


def test_a_comment_is_told_twice_and_without_an_id_of_its_own(organisation: Any, receiver: Receiver) -> None:
    item = organisation.item(Title="Cart")
    subscribe(organisation, receiver, "workitem.commented")
    subscribe(organisation, receiver, "workitem.updated")
    comment(organisation, item, "<div>steward accept 2</div>", "rae")
    organisation.mounted.webhooks.drain()
    (told,), (updated,) = receiver.events("workitem.commented"), receiver.events("workitem.updated")
    assert (told["resource"]["id"], told["resource"]["rev"]) == (item, 2)
    assert told["resource"]["fields"]["System.History"] == "<div>steward accept 2</div>"
    assert told["resource"]["fields"]["System.ChangedBy"] == "Rae Rossi <rae@corner-shop.example>"
    assert "comment" not in {key.lower() for key in told["resource"]}
    assert "steward accept 2" in told["detailedMessage"]["text"]
    assert updated["resource"]["fields"]["System.History"] == {"newValue": "<div>steward accept 2</div>"}


def test_a_deleted_item_is_told(organisation: Any, receiver: Receiver) -> None:
    item = organisation.item(Title="Cart")
    subscribe(organisation, receiver, "workitem.deleted")
    organisation.ask("DELETE", f"/_apis/wit/workitems/{item}")
    organisation.mounted.webhooks.drain()
    assert receiver.got[0][1]["resource"]["id"] == item


def test_newer_versions_tell_people_as_objects(organisation: Any, receiver: Receiver) -> None:
    subscribe(organisation, receiver, "workitem.created", resourceVersion="3.1-preview.3")
    organisation.item(Title="Cart")
    organisation.mounted.webhooks.drain()
    fields = receiver.got[0][1]["resource"]["fields"]
    assert fields["System.CreatedBy"]["id"] == organisation.tracker.user("dana").id


def test_a_subscription_may_want_less(organisation: Any, receiver: Receiver) -> None:
    inputs = {"resourceDetailsToSend": "minimal", "messagesToSend": "none", "detailedMessagesToSend": "text"}
    subscribe(organisation, receiver, "workitem.created", **inputs)
    item = organisation.item(Title="Cart")
    organisation.mounted.webhooks.drain()
    body = receiver.got[0][1]
    assert (set(body["resource"]), body["resource"]["id"], body["message"]) == ({"id", "url"}, item, None)
    assert set(body["detailedMessage"]) == {"text"}


def test_filters_keep_back_what_is_not_wanted(organisation: Any, receiver: Receiver) -> None:
    subscribe(organisation, receiver, "workitem.created", workItemType="Bug")
    subscribe(organisation, receiver, "workitem.commented", commentPattern="/accept")
    subscribe(organisation, receiver, "workitem.updated", changedFields="System.Title")
    subscribe(organisation, receiver, "workitem.deleted", areaPath="Shop\\Web")
    item = organisation.item(Title="Cart")
    comment(organisation, item, "hello")
    organisation.ask("DELETE", f"/_apis/wit/workitems/{item}")
    organisation.mounted.webhooks.drain()
    assert receiver.got == []
    add_area(organisation.tracker, organisation.tracker.project("Shop"), "Shop\\Web\\Cart")
    bug = organisation.item(kind="Bug", Title="Cart", AreaPath="Shop\\Web\\Cart")
    comment(organisation, bug, "/ACCEPT 1")
    patch = [{"op": "add", "path": "/fields/System.Title", "value": "Basket"}]
    organisation.ask("PATCH", f"/_apis/wit/workitems/{bug}", patch=patch)
    organisation.ask("DELETE", f"/_apis/wit/workitems/{bug}")
    organisation.mounted.webhooks.drain()
    assert [body["eventType"].rpartition(".")[2] for _, body in receiver.got] == [
        "created",
        "commented",
        "updated",
        "deleted",
    ]


# what follows an answer


def test_silence_and_gateway_errors_are_tried_eight_times_again(organisation: Any, receiver: Receiver) -> None:
    receiver.status = 503
    subscription = subscribe(organisation, receiver, "workitem.created")
    organisation.item(Title="Cart")
    organisation.mounted.webhooks.drain()
    assert len(receiver.got) == 1 + len(RETRY_WAITS)
    assert {body["id"] for _, body in receiver.got} == {receiver.got[0][1]["id"]}
    assert status_of(organisation, subscription) == "onProbation"


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 302])
def test_any_other_failure_is_lost_and_puts_the_subscription_on_probation(
    organisation: Any, receiver: Receiver, status: int
) -> None:
    receiver.status = status
    subscription = subscribe(organisation, receiver, "workitem.created")
    organisation.item(Title="Cart")
    organisation.mounted.webhooks.drain()
    assert (len(receiver.got), status_of(organisation, subscription)) == (1, "onProbation")
    receiver.status = 200
    organisation.item(Title="Pay")
    organisation.mounted.webhooks.drain()
    assert (len(receiver.got), status_of(organisation, subscription)) == (2, "enabled")


def test_a_subscription_that_stays_deaf_is_disabled(organisation: Any, receiver: Receiver) -> None:
    receiver.status = 500
    subscription = subscribe(organisation, receiver, "workitem.created")
    for n in range(PROBATION_TRIES + 3):
        organisation.item(Title=f"Cart {n}")
        organisation.mounted.webhooks.drain()
    assert (len(receiver.got), status_of(organisation, subscription)) == (PROBATION_TRIES + 1, "disabledBySystem")


def test_gone_disables_at_once(organisation: Any, receiver: Receiver) -> None:
    receiver.status = 410
    subscription = subscribe(organisation, receiver, "workitem.created")
    organisation.item(Title="Cart")
    organisation.mounted.webhooks.drain()
    assert (len(receiver.got), status_of(organisation, subscription)) == (1, "disabledBySystem")


def test_the_waits_are_the_products(organisation: Any) -> None:
    voice = Voice(organisation.mounted)
    assert [voice.verdict(502, n).wait for n in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert voice.verdict(None, 8).then == "lost"


# the subscriptions resource


def test_only_an_administrator_manages_subscriptions(organisation: Any, receiver: Receiver) -> None:
    subscription = subscribe(organisation, receiver, "workitem.created")
    path = f"/_apis/hooks/subscriptions/{subscription}"
    assert organisation.ask("DELETE", path).status_code == 403
    assert organisation.ask("POST", "/_apis/hooks/subscriptions", json={}).status_code == 403
    shown = organisation.ask("GET", path).json()
    assert shown["consumerInputs"]["basicAuthPassword"] == "********"
    wish = {**shown, "status": "disabledByUser"}
    assert organisation.ask("PUT", path, "ada", json=wish).json()["status"] == "disabledByUser"
    organisation.item(Title="Cart")
    organisation.mounted.webhooks.drain()
    assert receiver.got == []
    assert organisation.mounted.webhooks.hook(subscription).basic == ("steward", "s3cret")
    assert organisation.ask("DELETE", path, "ada").status_code == 204
    assert organisation.ask("GET", path).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"publisherId": "x"},
        {"eventType": "git.push"},
        {"consumerId": "slack"},
        {"consumerInputs": {}},
        {"consumerInputs": {"url": "ftp://x"}},
        {"publisherInputs": {"projectId": "nowhere"}},
    ],
)
def test_a_subscription_that_makes_no_sense_is_refused(organisation: Any, change: dict[str, Any]) -> None:
    body = {
        "publisherId": "tfs",
        "eventType": "workitem.created",
        "consumerId": "webHooks",
        "consumerActionId": "httpRequest",
        "consumerInputs": {"url": "http://127.0.0.1:9/"},
    }
    assert organisation.ask("POST", "/_apis/hooks/subscriptions", "ada", json=body | change).status_code == 400
