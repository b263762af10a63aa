"""The prompt library: texts, reply schemas and their cases."""
