"""Every chart of the report, made from its records."""
