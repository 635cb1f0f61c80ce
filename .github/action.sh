#!/usr/bin/env bash
# Runs the command that the inputs of action.yml describe, and writes its output as Markdown for the job's
# summary and a comment. There are no arrays, because bash 3.2 on macOS reports an empty one as unbound.
set -euo pipefail

# Reports an error in an input and stops. Line breaks would start another workflow command.
fail() {
  printf '::error::%s\n' "$(printf '%s' "$1" | tr '\r\n' '  ')"
  exit 64
}

# boolean INPUT VALUE: fails unless the value is true, false or empty.
boolean() {
  case "$2" in
    true | false | '') ;;
    *) fail "input $1 is \"$2\"; set it to true or false" ;;
  esac
}

command=${COMMAND:-plan} file=${FILE:-permissions.toml} plan=${PLAN_FILE:-}
boolean allow-delete "${ALLOW_DELETE:-}"
boolean allow-empty "${ALLOW_EMPTY:-}"
boolean fail-on-drift "${FAIL_ON_DRIFT:-}"
# A plan whose name starts with a hyphen would be read as an option.
case "$plan" in -*) plan=./$plan ;; esac

case "$command" in
  check) set -- check "--file=$file" ;;
  plan)
    set -- plan "--file=$file" --format=markdown
    if [ -n "$plan" ]; then set -- "$@" "--out=$plan"; fi
    ;;
  apply)
    if [ -z "$plan" ]; then fail "input plan-file is empty; set it to the plan that was reviewed"; fi
    set -- apply "$plan" "--file=$file" --yes
    if [ "${ALLOW_DELETE:-}" = true ]; then set -- "$@" --allow-delete; fi
    if [ "${ALLOW_EMPTY:-}" = true ]; then set -- "$@" --allow-empty; fi
    ;;
  *) fail "input command is \"$command\"; set it to check, plan or apply" ;;
esac
# The additional arguments are words separated by white space. They are not expanded as file patterns.
set -f
# shellcheck disable=SC2086
set -- "$@" ${ARGUMENTS:-}
set +f

temporary=${RUNNER_TEMP:-/tmp}
output=$(mktemp "$temporary/output.XXXXXX")
messages=$(mktemp "$temporary/messages.XXXXXX")
code=0
permissions "$@" >"$output" 2>"$messages" || code=$?
cat "$output"
cat "$messages" >&2

# excerpt FILE BYTES: prints whole lines until the limit, because a comment holds at most 65,536 characters.
excerpt() {
  awk -v limit="$2" '
    cut || used + length($0) + 1 > limit { cut++; next }
    { used += length($0) + 1; print; if ($0 ~ /^```/) open = !open }
    END {
      if (open) print "```"
      if (cut) print "\n" cut " more lines are in the log of the job."
    }' "$1"
}

markdown=$temporary/permissions.md
{
  echo "### permissions $command"
  echo
  if [ -s "$output" ] && [ "$command" = plan ]; then
    excerpt "$output" 50000
    echo
  elif [ -s "$output" ]; then
    echo '```text'
    excerpt "$output" 50000
    echo '```'
  fi
  if [ -s "$messages" ]; then
    echo '```text'
    excerpt "$messages" 8000
    echo '```'
  fi
} >"$markdown"
cat "$markdown" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"

changes=false
if [ "$command" = plan ] && [ "$code" -eq 2 ]; then changes=true; fi
{
  echo "exit-code=$code"
  echo "changes=$changes"
  echo "markdown=$markdown"
} >>"${GITHUB_OUTPUT:-/dev/null}"

# Exit code 2 of a plan means that it has changes, which is a failure only on request.
if [ "$changes" = true ] && [ "${FAIL_ON_DRIFT:-}" != true ]; then exit 0; fi
exit "$code"
