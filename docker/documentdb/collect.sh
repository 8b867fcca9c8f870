#!/bin/sh
# Copy what the server needs to run, and no more, below a folder: collect.sh TARGET.
# Left behind: the JIT compiler, GDAL and the rest of PostGIS, other extensions, clients, package managers.
set -eu
target=$1
major=$(ls /usr/lib/postgresql)
bin=/usr/lib/postgresql/$major/bin
lib=/usr/lib/postgresql/$major/lib
share=/usr/share/postgresql/$major
[ -e "$share/extension/documentdb.control" ] || { echo "collect: this base has no DocumentDB" >&2; exit 1; }

mkdir -p "$target/usr/bin" "$target/usr/sbin" "$target/usr/lib" "$target/usr/lib64" "$target/tmp" "$target/data" "$target/etc"
for link in bin sbin lib lib64; do ln -s "usr/$link" "$target/$link"; done
copy() { cp --dereference --parents --preserve=mode "$@" "$target"; }

copy /usr/bin/sh /usr/bin/cat /usr/bin/rm /usr/bin/mv /usr/bin/mkdir /usr/bin/sync /usr/bin/flock /usr/bin/locale
copy "$bin/postgres" "$bin/initdb" "$bin/pg_isready"
ln -s "$bin/pg_isready" "$target/usr/bin/pg_isready"
for name in plpgsql dict_snowball pg_cron tsm_system_rows vector postgis-3 pg_documentdb pg_documentdb_core \
    rum pg_documentdb_extended_rum pg_documentdb_extended_rum_core pg_documentdb_extended_rum_core_builtin_rmgr; do
    [ ! -e "$lib/$name.so" ] || copy "$lib/$name.so"
done
for file in "$lib"/libpqwalreceiver.so "$share"/*.bki "$share"/*.sql "$share"/*.sample "$share"/*.txt; do copy "$file"; done
cp --recursive --dereference --parents "$share/timezonesets" "$share/tsearch_data" /usr/share/zoneinfo /usr/lib/locale/C.utf8 "$target"
for name in plpgsql pg_cron tsm_system_rows vector postgis rum documentdb documentdb_core documentdb_extended_rum; do
    for file in "$share/extension/$name.control" "$share/extension/$name"--*.sql; do
        case $file in
            *--unpackaged--* | *--ANY--*) ;; # ways to upgrade PostGIS from what was never here
            *) [ ! -e "$file" ] || copy "$file" ;;
        esac
    done
done

# Every library that these need; the loader itself stands alone on its line.
find "$target/usr" -type f -perm /111 -o -name '*.so' | sed "s|^$target||" | while read -r file; do ldd "$file" 2>/dev/null || true; done \
    | sed -nE 's/.* => (\/[^ ]+) .*/\1/p; s/^[[:space:]]*(\/[^ ]+ld-linux[^ ]*) .*/\1/p' | sort -u | while read -r file; do copy "$file"; done

echo 'root:x:0:0::/:/bin/sh
app:x:10001:10001::/data:/bin/sh' >"$target/etc/passwd"
echo 'root:x:0:
app:x:10001:' >"$target/etc/group"
chown 10001:10001 "$target/data"
chmod 1777 "$target/tmp"
