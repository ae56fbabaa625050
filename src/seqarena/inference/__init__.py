"""Floor 2: exact algorithms on counts, hidden states and mixtures."""
