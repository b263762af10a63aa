"""Servers that speak the wire protocols of Jira and Azure DevOps on this machine."""
