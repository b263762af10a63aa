"""Jira Cloud and Jira Data Center as their clients see them: REST, JQL and webhooks over a sandbox tracker."""
