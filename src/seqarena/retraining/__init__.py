"""From a fit to a model in the registry, and from there to whoever asks it."""
