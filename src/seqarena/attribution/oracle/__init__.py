"""Whether a map is right, where the true process is known, and what a map cannot see by itself."""
