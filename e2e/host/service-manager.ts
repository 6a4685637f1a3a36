/**
 * `systemctl` for hosts in namespaces, whose first process is no systemd. It knows one service, "writer", that appends a line to /srv/written every 50 ms
 * for as long as it runs; its process outlives whoever starts it.
 */
export const SERVICE_MANAGER = String.raw`#!/bin/sh
verb=$1
shift
for unit; do :; done
pid=$(cat /run/writer.pid 2>/dev/null)
running() { [ -n "$pid" ] && [ -d "/proc/$pid" ]; }
case $verb in
  is-active)
    [ "$unit" = writer ] && running && state=active || state=inactive
    case " $* " in *" --quiet "*) ;; *) echo "$state" ;; esac
    [ "$state" = active ] || exit 3
    ;;
  start)
    [ "$unit" = writer ] || exit 5
    running && exit 0
    setsid sh -c 'echo $$ >/run/writer.pid; n=0; while :; do n=$((n + 1)); echo "$$ $n" >>/srv/written; sleep 0.05; done' </dev/null >/dev/null 2>&1 &
    until [ -s /run/writer.pid ] && [ "$(cat /run/writer.pid)" != "$pid" ]; do sleep 0.02; done
    ;;
  stop)
    [ "$unit" = writer ] || exit 5
    running && kill -9 "$pid"
    while running; do sleep 0.02; done
    rm -f /run/writer.pid
    ;;
  list-units) running && echo 'writer.service loaded active running Writes' ;;
  list-unit-files) echo 'writer.service enabled enabled' ;;
esac
exit 0
`;
