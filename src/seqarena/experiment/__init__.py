"""Floor 6: the stages, which know everything."""
