"""Store imports, their checkpoints and rejected rows, on the runs table beside the records that they write."""
