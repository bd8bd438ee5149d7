"""Describe bulk imports: the admin's spec, and the progress of the job."""
