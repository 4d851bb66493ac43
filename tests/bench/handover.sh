#!/bin/bash
# `millrace bench transport` of hand-over, and of UCX that does the same work: what each sums is right,
# or there is no figure. handover.sh MILLRACE
# shellcheck source=tests/bench/figures.sh
. "$(dirname "$0")/figures.sh"

two_cores_or_skip
bench transport --port ring --quick --runs 1 --json --case 'handover.*' || fail "exit code $?"
measured_or_skip handover.stream.1MiB
for case in handover.pingpong.32.p50 handover.pingpong.32.p99 handover.stream.1MiB; do
	between $case 0 1e6
done
bench transport --port ring --quick --runs 1 --json --case 'peer.ucx-shm.stream.*' || fail "exit code $?"
measured_or_skip peer.ucx-shm.stream.1MiB
between peer.ucx-shm.stream.1MiB 0 1e6
between peer.ucx-shm.stream.1MiB.few-buffers 0 1e6
grep -q 'each byte written and summed; by [a-z]' "$work/out" || fail "it does not say by what"
exit 0
