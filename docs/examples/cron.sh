#!/bin/sh
# Checks, and prints what got worse since the last run; cron mails what is printed.
#   cron.sh CONFIG STATE-DIRECTORY
set -eu

config=$1
state=$2
umask 077
mkdir -p "$state"

code=0
vnetprobe check -q -c "$config" -o json="$state/new.json" || code=$?
if [ "$code" -eq 2 ]; then
  echo "vnetprobe could not test, or not all of it (exit code 2)"
fi
[ -s "$state/new.json" ] || exit "$code"

if [ -s "$state/last.json" ]; then
  changes=0
  vnetprobe diff "$state/last.json" "$state/new.json" > "$state/changes.txt" || changes=$?
  if [ "$changes" -ne 0 ]; then
    cat "$state/changes.txt"
  fi
elif [ "$code" -eq 1 ]; then
  vnetprobe diagnose -q "$state/new.json" || :
fi
mv "$state/new.json" "$state/last.json"
exit "$code"
