"""Floor 2: sources, stored splits, checks and batch plans."""
