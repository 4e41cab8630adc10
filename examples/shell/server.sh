#!/usr/bin/env bash
# A server that stays listed, with bash and curl 7.84 or newer.
# Run: REGISTRY_URL=http://localhost:8787 bash examples/shell/server.sh
set -u
url=${REGISTRY_URL:-http://localhost:8787}
id=${SERVER_ID:-shell-1} # letters, digits and hyphens need no escaping, neither in JSON nor in a URL
server='{"serverId":"'$id'","endpoint":"wss://'$id'.example:7777","publicKey":"none","region":"eu","metadata":{"name":"From a shell","players":0}}'
pace_ms=60000 failures=0 registered=no

# ask METHOD PATH [BODY]: sets status (000 where nothing answered), retry_after (seconds) and answer.
ask() {
  local token=/dev/null said
  # A token on the command line could be read by every user of the machine.
  [ -z "${REGISTRY_TOKEN:-}" ] || token=<(printf 'header = "Authorization: Bearer %s"\n' "$REGISTRY_TOKEN")
  said=$(curl --silent --max-time 10 --config "$token" --request "$1" ${3:+--data "$3"} \
    --header 'Content-Type: application/json' --write-out '\n%{http_code} %header{retry-after}' "$url$2")
  read -r status retry_after <<<"${said##*$'\n'}"
  answer=${said%$'\n'*}
}

# A wait that a signal ends. Waits are spread at random, so that a thousand servers don't come back in one moment.
pause_ms() {
  local ms=$(($1 - RANDOM * $1 / 32768 / $2))
  sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))" &
  wait $!
}

leave() {
  kill $! 2>/dev/null
  ask DELETE "/servers/$id"
  echo "deregistered: $status"
}
trap leave EXIT
trap 'exit 0' INT TERM

while true; do
  if [ $registered = yes ]; then
    ask POST /servers/heartbeat '{"serverId":"'$id'","peers":false}' # add "metadata" whenever it changes
  else
    ask POST /servers "$server"
  fi
  if [ "$status" = 200 ]; then
    failures=0
    if [ $registered = no ]; then
      registered=yes
      pace_ms=$(sed -E 's/.*"heartbeatEveryMs":([0-9]+).*/\1/' <<<"$answer")
      echo "registered, to be heard every $pace_ms ms"
      ask GET '/servers?fields=serverId,endpoint&limit=10'
      echo "the list: $answer"
    fi
    pause_ms "$pace_ms" 10
  elif [ "$status" = 404 ] && [ $registered = yes ]; then
    registered=no # swept or deregistered: register again at once
  else
    failures=$((failures < 10 ? failures + 1 : 10))
    echo "failed with $status: $answer" >&2
    backoff_ms=$((500 * 2 ** failures < pace_ms ? 500 * 2 ** failures : pace_ms))
    pause_ms $((backoff_ms + ${retry_after:-0} * 1000)) 2
  fi
done
