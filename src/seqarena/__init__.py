"""Families of sequence models and attention mechanisms, compared under the same rules."""
