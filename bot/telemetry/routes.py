"""The shape of a tracker's address: which resource was asked, not of which item, project or person."""

from __future__ import annotations

LONGEST = 12
_JIRA = """
    rest api 2 3 issue issuetypes comment search jql changelog myself user bulk project role permission permissions
    check mypermissions issuelink issuelinktype priority priorityscheme field status statuses issuetype label group
    groups member group-role-actor serverinfo editmeta createmeta properties transitions remotelink query webhook
    webhooks jira-webhook pat latest tokens
"""
_AZURE_DEVOPS = """
    _apis wit workitems workitemsbatch comments updates revisions wiql workitemtypes workitemtypecategories states
    fields tags projects teams members connectiondata graph users memberships membershipstates descriptors storagekeys
    subjectquery security accesscontrollists identities classificationnodes resourceareas hooks subscriptions
    notifications
"""
_WORDS = frozenset(f"{_JIRA} {_AZURE_DEVOPS}".split())


def route_shape(path: str) -> str:
    """The path with each part that is not one of the products' own words put as {}."""
    parts = [part for part in path.split("/") if part][:LONGEST]
    return "/" + "/".join(part if part.lower() in _WORDS else "{}" for part in parts)
