"""A language model that is not one: an OpenAI-compatible server on this machine with a switch for every mood.

    with serve_model() as model:
        writer = OpenAIWriter(Model(base_url=model.base_url, name="sandbox"), budget)
        model.moods = ["rate_limited", "good"]      # one an answer; the last one stays
        ...
        model.received[0].body                      # the bytes that left the bot

It answers by the schema it is given, so it needs no knowledge of any prompt.
"""

from integrations.sandbox.model.moods import LOOT_LINK, Mood
from integrations.sandbox.model.server import ModelServer, Received, serve_model

__all__ = ["LOOT_LINK", "ModelServer", "Mood", "Received", "serve_model"]
