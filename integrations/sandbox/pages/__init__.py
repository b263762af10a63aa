"""The parts of the people's page: who acts, what is shown, what a form does, how texts look."""
