"""Floor 5: a shared MLflow on PostgreSQL, started and stopped as one."""
