"""A tracker with real state: who may do what to which item, what it was before, and who is told.

    tracker = Tracker("cloud", "jira-cloud")             # in memory; give a path to keep it
    dana = tracker.user("dana")
    item = tracker.create_item(dana, "SHOP", "Story", "Save the cart", description=None)
    tracker.add_comment(dana, item.id, body)
    tracker.subscribe(lambda happening: ...)

Every mutation takes the acting user (None: the sandbox itself, which may do all and is recorded as `ada`), checks that
user's rights, writes history, and tells the subscribers after the change is in, in order, in the writing thread.
Raises NotFound, Forbidden, Invalid or StaleRevision of `records`. `with tracker.transaction():` joins several calls
into one: all or nothing, no other thread between. Loading (`seed`) checks nothing and tells nobody.

Jira adds a history entry for each change of fields and links, none for creation and comments. Azure DevOps counts
everything: creation is revision 1, and each change, comment and link is one revision with one history entry.
"""

from integrations.sandbox.state.furnishing import Subscriber
from integrations.sandbox.state.rows import comment_row, plain, row_of
from integrations.sandbox.state.tracker import Tracker

__all__ = ["Subscriber", "Tracker", "comment_row", "plain", "row_of"]
