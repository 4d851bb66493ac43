#!/bin/bash
# The kernels of offload/cpu for ARM's NEON: compiled by a cross compiler, run by qemu-user:
# neon.sh ROOT
set -eu
root=$1
link=(-static)
if command -v aarch64-linux-gnu-gcc >/dev/null; then
	cc=(aarch64-linux-gnu-gcc)
else
	cc=(clang --target=aarch64-linux-gnu)
	link+=(-fuse-ld=lld)
fi
works() {
	echo 'int main(void) { return 0; }' | "${cc[@]}" "${link[@]}" -xc - -o /dev/null 2>/dev/null
}
qemu=$(command -v qemu-aarch64-static || command -v qemu-aarch64 || true)
if ! works || [ -z "$qemu" ]; then
	echo "SKIP: no cross compiler for ARM with a libc, or no qemu-user"
	exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

flags=(-std=gnu17 -D_GNU_SOURCE -O3 -ffp-contract=off -Wall -Wextra -Werror -Wno-unused-parameter
	-I"$root/include" -I"$root/offload/cpu" -I"$root/offload/table" -I"$root/tests")
objects=()
for source in "$root"/offload/cpu/*_kernels.c; do
	name=$(basename "$source" .c)
	"${cc[@]}" "${flags[@]}" -DCPU_SUFFIX=neon -DCPU_IS_NEON -c "$source" -o "$work/$name.neon.o"
	"${cc[@]}" "${flags[@]}" -DCPU_SUFFIX=plain -DCPU_IS_PLAIN -fno-tree-vectorize -c "$source" -o "$work/$name.plain.o"
	objects+=("$work/$name.neon.o" "$work/$name.plain.o")
done
"${cc[@]}" "${flags[@]}" "${link[@]}" -o "$work/kernels" "$root/offload/cpu/level.c" "$root/tests/offload/test_kernels.c" \
	"${objects[@]}"
"$qemu" "$work/kernels" 500
