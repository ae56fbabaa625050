"""Where data comes from: one module per source, each with its config beside it."""
