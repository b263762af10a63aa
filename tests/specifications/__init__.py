"""What the bot and the sandbox say to each other, held against the vendors' own specifications.

`recording` listens at every sandbox tracker, `checking` holds an exchange against the operation that describes it,
`plugin` does so in every test run where the specifications lie beside the checkout, and tells of it at the end.
"""
