"""What an organisation is made of: the processes of its projects, their areas, their people's groups."""
