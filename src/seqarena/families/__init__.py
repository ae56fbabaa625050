"""Floor 4: what `families` in params.yaml can name."""
