"""The rules that a challenger must pass: pure functions, one verdict each."""
