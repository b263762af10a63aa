"""Texts: sections that the bot owns in a person's text, and a text rewritten as a whole."""
