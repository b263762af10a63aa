"""Pure: what people's comments say, and how the bot words its own. Nothing here knows a store or a tracker."""
