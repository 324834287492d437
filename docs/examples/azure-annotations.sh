#!/bin/sh
# Prints one Azure Pipelines logging command for each cause of a report.
#   azure-annotations.sh report.json
set -eu

# In properties ; and ] end the value; % and line ends are escaped everywhere.
jq -r '
  def data: gsub("%"; "%AZP25") | gsub("\r"; "%0D") | gsub("\n"; "%0A");
  def property: data | gsub(";"; "%3B") | gsub("]"; "%5D");
  . as $report | .causes[] | . as $cause
  | ([$report.checks[] | select(.id == ($cause.checks[0])) | .status][0]) as $status
  | "##vso[task.logissue type=" + (if $status == "fail" then "error" else "warning" end)
    + ";code=" + ($cause.cause | property) + "]"
    + (($cause.checks | join(" ")) + ": " + $cause.summary + "\n"
       + ($cause.remediation | join("\n")) | data)' "$1"
