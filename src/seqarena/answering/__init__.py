"""What a fitted model says of an example of somebody's own, in the words of its task."""
