#!/bin/sh
# Writes this node's report to a folder that all nodes share.
#   node.sh FOLDER
# When the job has ended:  vnetprobe merge FOLDER/*.json
set -eu

folder=$1
rank=${NODE_RANK:-0}
mkdir -p "$folder"

# A failed check is a result here; only a node that could not test fails the job.
code=0
vnetprobe check -c workspace.yaml -o text -o json="$folder/node-$rank.json" || code=$?
[ "$code" -le 1 ]
