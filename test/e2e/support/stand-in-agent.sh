#!/bin/sh
# Stands in for OpenClaw where a test is about the platform and not about the agent: takes the same commands, serves
# the probes and the one administrative call that the platform makes, and takes as long to start, to end and to check a
# configuration as its environment says.
case "$1" in
config)
  sleep "${STAND_IN_CHECK_SECONDS:-0}"
  echo '{"valid":true,"issues":[]}'
  ;;
gateway)
  trap 'sleep "${STAND_IN_STOP_SECONDS:-0}"; exit 0' TERM
  sleep "${STAND_IN_START_SECONDS:-0}" &
  wait $!
  nc -ll -p 18789 -e openclaw answer &
  wait $!
  ;;
answer)
  read -r _ path _
  length=0
  while read -r line && [ "$line" != "$(printf '\r')" ]; do
    case "$line" in [Cc]ontent-[Ll]ength:*) length=$(echo "${line#*:}" | tr -d ' \r') ;; esac
  done
  head -c "$length" >/dev/null
  printf 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n'
  [ "$path" = /api/v1/admin/rpc ] || exit 0
  printf '{"ok":true,"payload":{"valid":true,"issues":[],"configRevisionHash":"1","appliedConfigHash":"1","parsed":'
  cat "$OPENCLAW_CONFIG_PATH"
  printf '}}'
  ;;
esac
