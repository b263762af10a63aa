"""Backlogs in files, as people export them: Jira's REST answers, flat JSON, and the CSV of Jira and Azure DevOps.

    for found in exported_items(Path("export.csv")):      # of `recognising`
        match found:
            case ExportedItem(): ...
            case Unread(): ...                            # what could not be read, where and why

Which form a file has is told by what is in it, never by its name. It is read as a stream, gzipped or not.
"""
