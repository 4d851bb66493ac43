#!/bin/bash
# `millrace devices` lists the simulated card, and says what is wrong with one, or that there is none.
# devices.sh MILLRACE SIM_CARD: SIM_CARD is true where the simulated card is built
set -u
millrace=$(realpath "$1")
sim_card=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# expect CODE TEXT ARGUMENTS...: TEXT must be in what the command says on either output.
expect() {
	local code=$1 text=$2 rc=0
	shift 2
	"$millrace" devices "$@" >"$work/out" 2>&1 </dev/null || rc=$?
	if [ "$rc" -ne "$code" ] || ! grep -qF -- "$text" "$work/out"; then
		echo "devices $*: exit code $rc, wanted $code and \"$text\"; it said: $(cat "$work/out")"
		failed=1
	fi
}

unset XILINX_XRT XCL_EMULATION_MODE MILLRACE_CARD_FAULTS
expect 0 'no FPGA card: XILINX_XRT is not set'
expect 0 '"fpga":"no FPGA card: ' --json
OCL_ICD_VENDORS=$work/none expect 0 'no OpenCL device: no driver (ICD) is installed'
XILINX_XRT=$work expect 0 "$work/lib/libxrt_core.so.2: No such file"
expect 2 'unknown or ambiguous option --wrong' --wrong
if [ "$sim_card" != true ]; then
	expect 4 'the simulated card is not built' --sim-card
	exit $failed
fi
expect 0 'fpga 0  works  millrace_simulated_card, 2 memory banks' --sim-card
expect 0 'kernels: partition crc32c select_aggregate sort_merge tokenise' --sim-card
expect 0 '"works":true' --sim-card --json
printf 'none' >"$work/none.xclbin"
expect 1 "none.xclbin: no xclbin" --sim-card --xclbin "$work/none.xclbin"
MILLRACE_CARD_FAULTS=address=@1 expect 1 'does not work' --sim-card
MILLRACE_CARD_FAULTS=address=@1 expect 1 '"works":false' --sim-card --json
MILLRACE_CARD_FAULTS=fire=1 expect 1 'hang, address, sync, lost or bank' --sim-card
exit $failed
