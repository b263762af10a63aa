"""From an item to what is suggested: by triage when it has settled, by the nightly run where nobody touched it."""
