"""Data on its way in: sources, guards, and the Arrow files that every later stage maps."""
