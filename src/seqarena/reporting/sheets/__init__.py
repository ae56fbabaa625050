"""Every table of the report as one kind of record."""
