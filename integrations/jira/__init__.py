"""Jira Cloud and Jira Data Center. `client.JiraConnection` is the way in; `webhook.JiraWebhook` reads deliveries."""
