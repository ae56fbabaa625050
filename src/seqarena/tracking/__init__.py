"""Floor 5: the journal of a run, and its replay to MLflow."""
