#!/bin/sh
# Plans the configuration in the current folder, changes nothing, and tells by its exit code whether anything has drifted:
#
#   0  nothing
#   1  the plan failed, or did not see every object
#   2  something has drifted: it stands on the standard output, a line each
#
# Needs jq. TERRAFORM names the program, such as tofu.
set -eu

terraform=${TERRAFORM:-terraform}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# The plan says by its messages what it could not see, so they are kept too.
if ! "$terraform" plan -input=false -lock=false -json -out="$folder/plan" >"$folder/messages"; then
  jq -r 'select(.diagnostic.severity == "error") | .diagnostic | "\(.summary): \(.detail)"' "$folder/messages" >&2
  exit 1
fi

# A plan in which objects were not read ends well and shows no drift of theirs.
unread=$(jq -r '
  select(.diagnostic.severity == "warning") | .diagnostic
  | select(.summary | test("not (read|refreshed)"; "i"))
  | "\(.summary): \(.detail)"' "$folder/messages")
if [ -n "$unread" ]; then
  printf '%s\n' "$unread" >&2
  exit 1
fi

# Not -detailed-exitcode: a check with a data source of its own is read in every plan, which counts as a change there.
"$terraform" show -json "$folder/plan" >"$folder/plan.json"
drift=$(jq -r '
  def changes: .change.actions | map(select(. != "no-op" and . != "read"));
  def line(what): select(changes != []) | "\(what) \(.address): \(changes | join(" and "))";
  ((.resource_drift // [])[] | line("changed elsewhere:")),
  ((.resource_changes // [])[] | line("planned:"))' "$folder/plan.json")
if [ -n "$drift" ]; then
  printf '%s\n' "$drift"
  exit 2
fi
