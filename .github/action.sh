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

markdown="${RUNNER_TEMP:-/tmp}/permissions.md"
{
  echo "### permissions $COMMAND"
  if [ -s "$out" ]; then
    printf '\n```diff\n'
    cat "$out"
    printf '```\n'
  fi
  if [ -s "$told" ]; then
    printf '\n```text\n'
    cat "$told"
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
