"""Where a model looked: captured, stored and drawn."""
