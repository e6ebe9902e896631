#!/bin/sh
# A suite of tests as a shell script: names by dig, pages by curl, mail by swaks.
# Where the servers are it learns from its environment. Usage: ci_suite.sh service (it passes), ci_suite.sh wrong (it fails).
set -eu

at() { printf '%s' "${1%:*}"; }
port() { printf '%s' "${1##*:}"; }
wrong() { echo "$*" >&2; exit 1; }

page=$(curl -sS --max-time 10 "$NETSTEAD_HTTP/notes.txt")
case "$1" in
  service) case "$page" in *"the answer is 304"*) ;; *) wrong "no notes: $page" ;; esac ;;
  *) case "$page" in *Emerald*) ;; *) wrong "no emerald in the notes" ;; esac ;;
esac

address=$(dig "@$(at "$NETSTEAD_RESOLVER")" -p "$(port "$NETSTEAD_RESOLVER")" +short web.cobalt.test | head -1)
[ "$address" = www.cobalt.test. ] || wrong "web.cobalt.test is $address"

post() { curl -sS --fail-with-body -H 'Content-Type: application/json' -d "$2" "$NETSTEAD_API/$1"; }
post accounts '{"address": "carl@garnet.test", "password": "onyx"}'
swaks --server "$(at "$NETSTEAD_SUBMISSION")" --port "$(port "$NETSTEAD_SUBMISSION")" --tls -a PLAIN -au carl@garnet.test -ap onyx \
  -f carl@garnet.test -t writer@garnet.test --header 'Subject: From a script' > /dev/null
curl -sS --fail "$NETSTEAD_API/messages?to=writer@garnet.test&wait=5s" | grep -q '"subject":"From a script"' || wrong "no letter"

# Whoever is not asked in JSON says so, in JSON.
answer=$(curl -sS -d 'x=1' "$NETSTEAD_API/faults")
[ "$answer" = '{"error":{"sentence":"expected Content-Type: application/json"}}' ] || wrong "$answer"
