#!/bin/sh
# PostgreSQL as Docker's official image starts it, as far as a fleet needs that: variables, places, and who may come in.
set -eu
mkdir -p "$PGDATA" /var/run/postgresql
chown -R postgres: "$PGDATA" /var/run/postgresql
chmod 700 "$PGDATA"
as_postgres() {
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$@"
}
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    umask 077
    printf %s "$POSTGRES_PASSWORD" >/tmp/password
    chown postgres: /tmp/password
    (as_postgres initdb --username="$POSTGRES_USER" --pwfile=/tmp/password --auth-local=trust --auth-host=scram-sha-256)
    rm /tmp/password
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
fi
unset POSTGRES_PASSWORD
as_postgres postgres -c listen_addresses='*'
