#!/bin/sh
# MLflow on PostgreSQL by one command: deploy/server/start.sh FOLDER [options of `seqarena server`].
# Wants Debian's package postgresql and, in .venv, seqarena[server]; docs/how-to/server.md says more.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
exec "${PYTHON:-$root/.venv/bin/python}" -m seqarena.cli server "$@"
