"""The resources of the organisation: one module a family, each with its ROUTES."""
