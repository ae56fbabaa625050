"""Equal budgets: what every experiment may cost, and the widths and searches that follow."""
