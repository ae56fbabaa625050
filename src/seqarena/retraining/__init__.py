"""Floor 6: new data in, evidence out, one command back."""
