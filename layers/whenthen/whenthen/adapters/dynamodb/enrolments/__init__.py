"""Store enrolments on the runs table, with the members that they counted."""
