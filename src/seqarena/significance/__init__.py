"""What a difference between scores allows to be said: over examples, over seeds, over tasks."""
