"""Floor 4: what `tasks` in params.yaml can name."""
