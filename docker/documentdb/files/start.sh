#!/bin/sh
# Start PostgreSQL; on an empty volume make the database first.
# A kill at any moment is harmless: the database is made beside its place and renamed when it is whole.
set -eu
umask 077
refuse() { echo "documentdb cannot start: $*" >&2; exit 2; }

volume=${DATA_DIR:-/data}
home=$volume/postgresql
making=$home.making
bin=$(echo /usr/lib/postgresql/*/bin)
major=${bin#/usr/lib/postgresql/} major=${major%/bin}
[ -n "${MONGODB_PASSWORD:-}" ] || refuse "MONGODB_PASSWORD is empty. Fix: give the password of the user casino."
case $MONGODB_PASSWORD in
    *[!A-Za-z0-9._~-]*) refuse "MONGODB_PASSWORD has a character that a URI would have to escape. Fix: use A-Z a-z 0-9 . _ ~ - only." ;;
esac
mkdir -p "$volume"
# Held by the server and its children until the last of them ends; process ids say nothing from pod to pod.
exec 9>>"$volume/postgresql.lock" || refuse "$volume cannot be written. Fix: let the group 10001 write to the volume (fsGroup)."
flock --nonblock 9 || refuse "another server uses $volume. Fix: wait until it has ended."

# The server alone, without connections: statements are read from the standard input, each ends with an empty line.
alone() {
    "$bin/postgres" --single -j -D "$1" -c config_file=/app/postgresql.conf -c data_directory="$1" \
        -c exit_on_error=on -c log_min_messages=fatal postgres >/dev/null
}

if [ ! -e "$home" ]; then
    rm -rf "$making"
    "$bin/initdb" --pgdata="$making" --username=postgres --auth=reject --encoding=UTF8 --locale-provider=builtin \
        --locale=C.UTF-8 --data-checksums --no-instructions >/dev/null
    printf '%s;\n\n' "CREATE EXTENSION documentdb CASCADE" "CREATE ROLE casino LOGIN IN ROLE documentdb_admin_role" | alone "$making"
    mv "$making" "$home"
    sync --file-system "$volume"
fi
found=$(cat "$home/PG_VERSION")
[ "$found" = "$major" ] || refuse "$home was made by PostgreSQL $found, and this is $major. Fix: use the image that made it, or give an empty volume."
# What a killed server left: the process 1 that it names is now this shell. The lock above says that nobody runs.
rm -f "$home/postmaster.pid"
# Each time, so that a new password or a newer DocumentDB only needs a new start.
printf '%s;\n\n' "ALTER ROLE casino PASSWORD '$MONGODB_PASSWORD'" "ALTER EXTENSION documentdb UPDATE" | alone "$home"
[ "${1:-}" != check ] || exit 0

# PostgreSQL 18 reads in worker processes unless told otherwise; they cost memory and serve large disks.
[ "$major" -lt 18 ] || set -- "$@" -c io_method=sync
exec "$bin/postgres" -c config_file=/app/postgresql.conf -c data_directory="$home" "$@"
