"""What the database is made of: types of columns, all tables, and how a schema is brought up to date."""
