"""Published data sets, each declared once."""
