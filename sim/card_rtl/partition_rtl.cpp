/*
 * The kernel partition, by its Verilog: the function that hls/partition.c is otherwise, with the
 * memory that the Verilog's ports are on. A read is answered in order after MEMORY_CYCLES; writes
 * are refused now and then, as by a memory that refreshes. Addresses are the pointers themselves,
 * and must lie in the run's memories.
 */
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <utility>

#include "Vpartition.h"
#include "verilated.h"

extern "C" {
#include "partition_rtl.h"
}

namespace
{

constexpr uint64_t MEMORY_CYCLES = 64; /* a DDR4 controller's at 300 MHz, about 200 ns */
constexpr uint64_t WRITE_REFUSED = 16; /* one cycle in so many */
constexpr uint64_t CYCLES_MAX = 1ull << 34;

std::atomic<uint64_t> cycles_total, beats_total;

struct range {
	uint64_t begin, bytes;
};

bool inside(const range &memory, uint64_t address)
{
	return address >= memory.begin && address % BEAT_BYTES == memory.begin % BEAT_BYTES &&
	       address - memory.begin + BEAT_BYTES <= memory.bytes;
}

[[noreturn]] void stray(const char *what, uint64_t address)
{
	std::fprintf(stderr, "partition.v: %s at 0x%llx, outside its memories\n", what,
		     static_cast<unsigned long long>(address));
	std::abort();
}

struct bench {
	VerilatedContext context;
	Vpartition top{&context};
	std::deque<std::pair<uint64_t, uint64_t>> reads; /* cycle, address */
	range in[2], out[3];
	uint64_t cycle = 0;

	void read_take()
	{
		if (!top.ar_valid)
			return;
		if (!inside(in[0], top.ar_addr) && !inside(in[1], top.ar_addr))
			stray("a read", top.ar_addr);
		reads.emplace_back(cycle + MEMORY_CYCLES, top.ar_addr);
	}

	void write_take()
	{
		if (!top.w_valid || !top.w_ready)
			return;
		if (!inside(out[0], top.w_addr) && !inside(out[1], top.w_addr) &&
		    !inside(out[2], top.w_addr))
			stray("a write", top.w_addr);
		std::memcpy(reinterpret_cast<void *>(top.w_addr), &top.w_data, BEAT_BYTES);
	}

	/* Inputs settle while the clock is low; what meets is taken at its rise. */
	void tick()
	{
		top.r_valid = !reads.empty() && reads.front().first <= cycle;
		if (top.r_valid) {
			std::memcpy(&top.r_data, reinterpret_cast<void *>(reads.front().second),
				    BEAT_BYTES);
			reads.pop_front();
		}
		top.ar_ready = 1;
		top.w_ready = cycle % WRITE_REFUSED != 0;
		top.clk = 0;
		top.eval();
		read_take();
		write_take();
		top.clk = 1;
		top.eval();
		cycle++;
	}
};

} // namespace

extern "C" void partition(const struct beat *keys, const struct beat *validity, struct beat *counts,
			  struct beat *order, struct beat *status, uint32_t rows, uint32_t bits,
			  uint32_t null_partition, uint32_t flags, uint64_t stamp)
{
	bench run;
	union kernel_value values[PARTITION_ARGUMENT_COUNT] = {};
	const struct kernel *kernel = &kernel_table[KERNEL_PARTITION];

	values[PARTITION_ROWS].scalar = rows;
	values[PARTITION_BITS].scalar = bits;
	values[PARTITION_FLAGS].scalar = flags;
	run.top.keys = reinterpret_cast<uint64_t>(keys);
	run.top.validity = reinterpret_cast<uint64_t>(validity);
	run.top.counts = reinterpret_cast<uint64_t>(counts);
	run.top.order = reinterpret_cast<uint64_t>(order);
	run.top.status = reinterpret_cast<uint64_t>(status);
	run.in[0] = {run.top.keys, kernel->bytes(PARTITION_KEYS, values)};
	run.in[1] = {run.top.validity, kernel->bytes(PARTITION_VALIDITY, values)};
	run.out[0] = {run.top.counts, kernel->bytes(PARTITION_COUNTS, values)};
	run.out[1] = {run.top.order, kernel->bytes(PARTITION_ORDER, values)};
	run.out[2] = {run.top.status, kernel->bytes(PARTITION_STATUS, values)};
	run.top.rows = rows;
	run.top.bits = bits;
	run.top.null_partition = null_partition;
	run.top.flags = flags;
	run.top.stamp = stamp;
	run.top.rst = 1;
	run.tick();
	run.tick();
	run.top.rst = 0;
	run.top.start = 1;
	run.tick();
	run.top.start = 0;
	while (!run.top.done && run.cycle < CYCLES_MAX)
		run.tick();
	cycles_total += run.cycle;
	beats_total += beats_of(static_cast<uint64_t>(rows) * 8);
}

extern "C" __attribute__((visibility("default"))) void card_rtl_count(uint64_t *cycles,
								      uint64_t *beats)
{
	*cycles = cycles_total;
	*beats = beats_total;
}
