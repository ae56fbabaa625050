"""Floor 6: new data, a challenger against the champion, promotion on evidence, one command back."""
