"""What replacing a step of the input does to what a model says: one operator for every family."""
