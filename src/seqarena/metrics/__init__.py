"""Pure arithmetic on scores: what is measured, and how sure it is."""
