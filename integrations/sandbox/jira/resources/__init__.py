"""The resources of Jira: one module a family, each with its ROUTES."""
