"""Floor 3: neural networks, fitted by gradients."""
