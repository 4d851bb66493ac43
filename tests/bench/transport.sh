#!/bin/bash
# `millrace bench` by its user: names, errors, and a short run whose figures are there and positive.
# transport.sh MILLRACE PORT
# shellcheck source=tests/bench/figures.sh
. "$(dirname "$0")/figures.sh"
port=$2

bench || fail "without a name it fails"
grep -q '^  transport ' "$work/out" || fail "transport is not listed"
bench nothing
[ $? -eq 2 ] || fail "an unknown name is no usage error"
bench transport --port nowhere
[ $? -ne 0 ] || fail "an unknown port is no error"
bench transport --runs 0
[ $? -eq 2 ] || fail "--runs 0 is no usage error"

two_cores_or_skip
bench transport --port "$port" --quick --runs 1 --ms 800 --sizes 64KiB --json --case "$port.*" ||
	fail "exit code $?"
measured_or_skip "$port.bulk.1500"
for case in raw.64 raw.1500.copied raw.pingpong.p50 requests.64 beside.p99 pingpong.65536.p50 \
	stream.65536 bulk.1500 bulk.9000 'bulk.1500.loss-1%'; do
	between "$port.$case" 0 1e9
done
grep -q '"raw, copied"' "$work/out" || fail "bulk is beside no limit"
bench transport --port "$port" --runs 1 --ms 20 --case "$port.raw.64" --check
code=$?
[ $code -eq 0 ] || [ $code -eq 1 ] || [ $code -eq 77 ] || fail "--check: exit code $code"
exit 0
