"""A language model behind one port."""
