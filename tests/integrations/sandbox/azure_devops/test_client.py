"""The real azure-devops package cannot tell the sandbox from the product."""

from typing import Any

import pytest
from azure.devops.exceptions import AzureDevOpsAuthenticationError, AzureDevOpsServiceError
from azure.devops.v7_1.work_item_tracking.models import (
    CommentCreate,
    CommentUpdate,
    JsonPatchOperation,
    TeamContext,
    Wiql,
    WorkItemBatchGetRequest,
)

CSS = "83e28ad4-2d72-4ceb-97b0-c7726d5502c3"


def add(path: str, value: Any) -> JsonPatchOperation:
    return JsonPatchOperation(op="add", path=path, value=value)


def story(wit: Any, title: str = "Save the cart", **fields: Any) -> Any:
    document = [add("/fields/System.Title", title)] + [add(f"/fields/System.{n}", v) for n, v in fields.items()]
    return wit.create_work_item(document, "Shop", "User Story")


def test_a_wrong_token_is_an_authentication_error(clients: Any) -> None:
    with pytest.raises(AzureDevOpsAuthenticationError):
        clients("nobody").get_work_item_tracking_client()


def test_it_knows_who_is_signed_in_and_where_they_are(clients: Any) -> None:
    who = clients("lee").get_location_client().get_connection_data().authenticated_user
    assert who.provider_display_name == "Lee Lindqvist"
    assert [project.name for project in clients("lee").get_core_client().get_projects()] == ["Shop"]
    assert clients("lee").get_core_client().get_project("Shop").state == "wellFormed"


def test_items_are_created_read_and_listed(clients: Any) -> None:
    wit = clients().get_work_item_tracking_client()
    made = story(wit, Tags="b; a", Description="<div>Please</div>", AssignedTo="lee@corner-shop.example")
    assert (made.rev, made.fields["System.Tags"], made.fields["System.State"]) == (1, "a; b", "New")
    child = wit.create_work_item(
        [
            add("/fields/System.Title", "Draw it"),
            add("/relations/-", {"rel": "System.LinkTypes.Hierarchy-Reverse", "url": made.url}),
        ],
        "Shop",
        "Task",
    )
    assert child.fields["System.Parent"] == made.id
    parent = wit.get_work_item(made.id, expand="Relations")
    assert [(one.rel, one.url) for one in parent.relations] == [("System.LinkTypes.Hierarchy-Forward", child.url)]
    both = wit.get_work_items([made.id, child.id, 999], error_policy="omit", fields=["System.Title"])
    assert [one and one.fields for one in both] == [
        {"System.Title": "Save the cart"},
        {"System.Title": "Draw it"},
        None,
    ]
    batch = wit.get_work_items_batch(WorkItemBatchGetRequest(ids=[made.id], expand="all"))
    assert batch[0].fields["System.Id"] == made.id


def test_a_stale_revision_is_refused_with_the_products_words(clients: Any) -> None:
    wit = clients().get_work_item_tracking_client()
    item = story(wit)
    wit.update_work_item([add("/fields/System.Title", "Keep the cart")], item.id)
    with pytest.raises(AzureDevOpsServiceError, match="VS403351: Test Operation for path /rev failed") as caught:
        wit.update_work_item(
            [JsonPatchOperation(op="test", path="/rev", value=1), add("/fields/System.Title", "Mine")], item.id
        )
    assert caught.value.type_key == "TestPatchOperationFailedException"


def test_comments_are_written_paged_and_rewritten(clients: Any) -> None:
    wit = clients().get_work_item_tracking_client()
    item = story(wit)
    first = wit.add_work_item_comment(CommentCreate(text="**one**"), "Shop", item.id, "markdown")
    second = wit.add_comment(CommentCreate(text="<div>two</div>"), "Shop", item.id)
    assert (first.text, first.created_by.display_name) == ("**one**", "Dana Duarte")
    page = wit.get_comments("Shop", item.id, top=1)
    assert (page.total_count, page.count, page.comments[0].id) == (2, 1, second.id)
    rest = wit.get_comments("Shop", item.id, top=1, continuation_token=page.continuation_token)
    assert ([one.id for one in rest.comments], rest.continuation_token) == ([first.id], None)
    assert [c.id for c in wit.get_comments("Shop", item.id, order="asc").comments] == [first.id, second.id]
    edited = wit.update_work_item_comment(CommentUpdate(text="*1*"), "Shop", item.id, first.id, "markdown")
    assert (edited.version, wit.get_comment("Shop", item.id, first.id).text) == (2, "*1*")
    assert wit.get_work_item(item.id).rev == 4


def test_updates_tell_who_changed_what(clients: Any) -> None:
    wit = clients().get_work_item_tracking_client()
    item = story(wit, Tags="steward-accept")
    lee = clients("lee").get_work_item_tracking_client()
    lee.update_work_item([JsonPatchOperation(op="replace", path="/fields/System.Tags", value="cart")], item.id)
    updates = wit.get_updates(item.id)
    assert [(one.id, one.rev, one.revised_by.display_name) for one in updates] == [
        (1, 1, "Dana Duarte"),
        (2, 2, "Lee Lindqvist"),
    ]
    change = updates[1].fields["System.Tags"]
    assert (change.old_value, change.new_value) == ("steward-accept", "cart")


def test_queries_find_what_moved(clients: Any) -> None:
    wit = clients().get_work_item_tracking_client()
    ids = [story(wit, f"Story {n}").id for n in range(3)]
    query = "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project AND [System.ChangedDate] >= '{}'"
    text = query.format("2026-01-01T00:00:01Z") + " ORDER BY [System.Id] DESC"
    found = wit.query_by_wiql(Wiql(text), TeamContext(project="Shop"), time_precision=True, top=2)
    assert [one.id for one in found.work_items] == ids[:0:-1]
    with pytest.raises(AzureDevOpsServiceError, match="cannot supply a time with the date"):
        wit.query_by_wiql(Wiql(text), TeamContext(project="Shop"))


def test_the_process_tells_its_words(clients: Any) -> None:
    wit = clients().get_work_item_tracking_client()
    names = {one.reference_name: one.name for one in wit.get_relation_types()}
    assert names["System.LinkTypes.Duplicate-Forward"] == "Duplicate"
    assert names["System.LinkTypes.Duplicate-Reverse"] == "Duplicate Of"
    assert "User Story" in [one.name for one in wit.get_work_item_types("Shop")]
    assert [one.category for one in wit.get_work_item_type_states("Shop", "Bug")] == [
        "Proposed",
        "InProgress",
        "Resolved",
        "Completed",
    ]
    priority = wit.get_work_item_type_field_with_references("Shop", "Bug", "Microsoft.VSTS.Common.Priority", "all")
    assert priority.allowed_values == [1, 2, 3, 4]
    assert wit.get_classification_node("Shop", "areas").name == "Shop"
    assert wit.get_work_item_field("System.Description").type == "html"


def test_memberships_and_rights_are_told_to_an_administrator(clients: Any) -> None:
    graph = clients("steward").get_graph_client()
    people = {one.mail_address.partition("@")[0]: one.descriptor for one in graph.list_users().graph_users}
    names = {one.descriptor: one.principal_name for one in graph.list_groups().graph_groups}
    memberships = graph.list_memberships(people["dana"])
    assert {names[one.container_descriptor] for one in memberships} == {
        "[Shop]\\Contributors",
        "[Shop]\\Shop Team",
        "[Shop]\\shop-deciders",
    }
    area = clients().get_work_item_tracking_client().get_classification_node("Shop", "areas").identifier
    identities = (
        clients("steward")
        .get_identity_client()
        .read_identities(subject_descriptors=",".join(people[name] for name in ("dana", "rae", "otto")))
    )
    lists = (
        clients("steward")
        .get_security_client()
        .query_access_control_lists(
            CSS,
            token=f"vstfs:///Classification/Node/{area}",
            descriptors=",".join(one.descriptor for one in identities),
            include_extended_info=True,
        )
    )
    may_edit = {
        one.provider_display_name: bool(lists[0].aces_dictionary[one.descriptor].extended_info.effective_allow & 32)
        for one in identities
    }
    assert may_edit == {"Dana Duarte": True, "Rae Rossi": False, "Otto Olsen": False}


def test_rights_of_others_are_not_told_to_anyone_else(clients: Any) -> None:
    with pytest.raises(AzureDevOpsServiceError, match="TF50309"):
        clients("dana").get_security_client().query_access_control_lists(CSS, include_extended_info=True)


def test_subscriptions_are_made_listed_and_taken_away(clients: Any) -> None:
    from azure.devops.v7_1.service_hooks.models import Subscription

    hooks = clients("ada").get_service_hooks_client()
    wish = Subscription(
        publisher_id="tfs",
        event_type="workitem.created",
        consumer_id="webHooks",
        consumer_action_id="httpRequest",
        resource_version="1.0",
        publisher_inputs={},
        consumer_inputs={"url": "http://127.0.0.1:9/", "basicAuthUsername": "u", "basicAuthPassword": "p"},
    )
    made = hooks.create_subscription(wish)
    assert made.consumer_inputs["basicAuthPassword"] == "********"
    assert [one.id for one in hooks.list_subscriptions()] == [made.id]
    hooks.delete_subscription(made.id)
    assert hooks.list_subscriptions() == []
