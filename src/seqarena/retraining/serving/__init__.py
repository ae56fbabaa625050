"""A fitted model as an MLflow model: packaged, verified when loaded, asked over HTTP."""
