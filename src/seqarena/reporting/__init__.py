"""Telling what the cells of the comparison have shown."""
