"""Fields with one value: set, and set back while the value is still ours."""
