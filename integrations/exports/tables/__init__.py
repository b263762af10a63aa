"""Tables as text (CSV): their encoding, rows, columns and dates, before anybody asks whose they are."""
