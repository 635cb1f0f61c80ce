#!/usr/bin/env bash
# What action.yml runs: the command, its output as Markdown, and its exit code as an output.
set -uo pipefail

read -ra arguments <<< "${ARGUMENTS:-}"
out=$(mktemp)
told=$(mktemp)
permissions "$COMMAND" --file "$FILE" "${arguments[@]}" > "$out" 2> "$told"
code=$?
cat "$out"
cat "$told" >&2

# excerpt FILE LINES WIDTH: as much of a file as a comment has room for, which holds 65,536 characters.
excerpt() {
  head -n "$2" "$1" | cut -c "-$3"
  local more=$(($(wc -l < "$1") - $2))
  if [ "$more" -gt 0 ]; then
    echo "... and $more lines more, in the job's log"
  fi
}

markdown="${RUNNER_TEMP:-/tmp}/permissions.md"
{
  echo "### permissions $COMMAND"
  if [ -s "$out" ]; then
    printf '\n```diff\n'
    excerpt "$out" 450 120
    printf '```\n'
  fi
  if [ -s "$told" ]; then
    printf '\n```text\n'
    excerpt "$told" 40 200
    printf '```\n'
  fi
} > "$markdown"
cat "$markdown" >> "${GITHUB_STEP_SUMMARY:-/dev/null}"
{
  echo "exit-code=$code"
  echo "markdown=$markdown"
} >> "${GITHUB_OUTPUT:-/dev/null}"

# A plan with changes is news, not a failure, unless it is asked to be one.
if [ "$code" -eq 2 ] && [ "${FAIL_ON_DRIFT:-false}" != true ]; then
  exit 0
fi
exit "$code"
