"""Judging a fitted model on the test split, example by example."""
