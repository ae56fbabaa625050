"""Floor 3: the Lightning modules that fit anything."""
