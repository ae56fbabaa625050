"""Floor 2: a user's own files: read strictly, split honestly, refused by file, row and column."""
