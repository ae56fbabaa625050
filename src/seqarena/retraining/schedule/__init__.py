"""When retraining starts, what became of it, and who is told."""
