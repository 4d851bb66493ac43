#!/bin/bash
# `millrace bench operators`, short: its cases are there and positive, bars are printed, and a peer that is
# not installed is a skip with its reason. operators.sh MILLRACE
# shellcheck source=tests/bench/figures.sh
. "$(dirname "$0")/figures.sh"

MILLRACE_BENCH_PYTHON=$work/no-python bench operators --runs 1 --ms 10 --sizes 1MiB --json --check
code=$?
# 1: a bar is not met in so short a run, which is not what is tested.
[ $code -eq 0 ] || [ $code -eq 1 ] || fail "exit code $code"
for case in memcpy 'select.1%' 'select.50%' 'select.99%' sum partition.256 group.1000; do
	between "$case" 0 1e9
done
grep -q '2: sum of int64' "$work/err" || fail "no bar"
grep -q 'python3 does not run it' "$work/out" || fail "a peer is missing without a word"
exit 0
