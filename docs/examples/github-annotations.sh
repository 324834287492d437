#!/bin/sh
# Prints one GitHub workflow command for each cause of a report.
#   github-annotations.sh report.json
set -eu

# In data % and line ends are escaped, in properties also : and , (workflow commands).
jq -r '
  def data: gsub("%"; "%25") | gsub("\r"; "%0D") | gsub("\n"; "%0A");
  def property: data | gsub(":"; "%3A") | gsub(","; "%2C");
  . as $report | .causes[] | . as $cause
  | ([$report.checks[] | select(.id == ($cause.checks[0])) | .status][0]) as $status
  | (if $status == "fail" then "error" else "warning" end)
    + " title=" + ($cause.cause + " " + ($cause.checks | join(" ")) | property)
    + "::" + (($cause.summary + "\n" + ($cause.remediation | join("\n"))) | data)
  | "::" + .' "$1"
