"""Charts as records, and their one drawing: SVG for a page and for files, and PNG made from it."""
