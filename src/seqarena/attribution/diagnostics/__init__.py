"""What can be said of a map in numbers: each with its formula, its source and its known answer."""
