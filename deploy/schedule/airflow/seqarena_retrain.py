"""Retraining as a DAG of Airflow 3: copy this file into its folder of DAGs.

Airflow lives in an environment of its own (it wants other versions than MLflow) and calls the
command of seqarena's. No task of the DAG is tried again: the next tick goes on where a crash
stopped.
"""

from datetime import timedelta

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

HOME = "/srv/seqarena"
TASKS = ("japanese_vowels",)

with DAG(
    dag_id="seqarena_retrain",
    description="Retrain, and promote what passes the gate",
    schedule="30 2 * * mon",
    start_date=pendulum.datetime(2026, 1, 1, tz="Europe/Berlin"),
    catchup=False,
    max_active_runs=1,
    tags=["seqarena"],
) as dag:
    for task in TASKS:
        BashOperator(
            task_id=f"retrain_{task}",
            cwd=HOME,
            bash_command=f"exec .venv/bin/seqarena schedule run {task}",
            append_env=True,
            # A challenger that did not pass the gate, and a retraining that was going on.
            skip_on_exit_code=[3, 5],
            retries=0,
            execution_timeout=timedelta(hours=6),
        )
