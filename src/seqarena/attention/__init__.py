"""Floor 2: attention mechanisms, and the record of where a model looked."""
