#!/bin/sh
# Writes this node's report to a folder that all nodes share.
#   node.sh FOLDER
# When the job has ended:  vnetprobe merge FOLDER/*.json
set -eu

folder=$1
rank=${NODE_RANK:-0}
mkdir -p "$folder"
here=$(mktemp -d)
trap 'rm -r "$here"' EXIT

# A failed check is a result here; only a node that could not test fails the job. A mounted
# folder need not be able to rename, so the report gets there as a copy.
code=0
vnetprobe check -c workspace.yaml -o text -o json="$here/report.json" || code=$?
if [ -f "$here/report.json" ]; then
  cp "$here/report.json" "$folder/node-$rank.json"
fi
[ "$code" -le 1 ]
