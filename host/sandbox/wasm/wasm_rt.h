/*
 * Our wasm-rt.h: what the C text that wasm2c writes calls. In place of the packaged runtime, which
 * keeps process-wide state; this one keeps its state with each instance.
 *
 * Written beside the generated text as wasm-rt.h, and compiled only there. The generated text sets
 * MR_GUEST_TYPES and MR_GUEST_TYPE_BYTES before it is included.
 */
#ifndef WASM_RT_H_
#define WASM_RT_H_

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wasm_module.h"

#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define wasm_rt_memcpy __builtin_memcpy
#define wasm_rt_unreachable __builtin_unreachable
#define WASM_RT_MEMCHECK_SIGNAL_HANDLER 0
#define WASM_RT_USE_STACK_DEPTH_COUNT 0

typedef enum {
	WASM_RT_TRAP_NONE = MR_TRAP_NONE,
	WASM_RT_TRAP_OOB = MR_TRAP_OUT_OF_BOUNDS,
	WASM_RT_TRAP_INT_OVERFLOW = MR_TRAP_INT_OVERFLOW,
	WASM_RT_TRAP_DIV_BY_ZERO = MR_TRAP_DIV_BY_ZERO,
	WASM_RT_TRAP_INVALID_CONVERSION = MR_TRAP_CONVERSION,
	WASM_RT_TRAP_UNREACHABLE = MR_TRAP_UNREACHABLE,
	WASM_RT_TRAP_CALL_INDIRECT = MR_TRAP_CALL_INDIRECT,
	WASM_RT_TRAP_UNCAUGHT_EXCEPTION = MR_TRAP_EXCEPTION,
	WASM_RT_TRAP_EXHAUSTION = MR_TRAP_EXHAUSTION,
} wasm_rt_trap_t;

typedef enum {
	WASM_RT_I32,
	WASM_RT_I64,
	WASM_RT_F32,
	WASM_RT_F64,
	WASM_RT_FUNCREF,
	WASM_RT_EXTERNREF,
} wasm_rt_type_t;

typedef void (*wasm_rt_function_ptr_t)(void);

typedef struct {
	uint32_t func_type;
	wasm_rt_function_ptr_t func;
	void *module_instance;
} wasm_rt_funcref_t;

typedef void *wasm_rt_externref_t;

static const wasm_rt_funcref_t wasm_rt_funcref_null_value = {0, NULL, NULL};
static const wasm_rt_externref_t wasm_rt_externref_null_value = NULL;

typedef struct {
	uint8_t *data;
	uint32_t pages, max_pages;
	uint32_t size;
} wasm_rt_memory_t;

typedef struct {
	wasm_rt_funcref_t *data;
	uint32_t max_size;
	uint32_t size;
} wasm_rt_funcref_table_t;

typedef struct {
	wasm_rt_externref_t *data;
	uint32_t max_size;
	uint32_t size;
} wasm_rt_externref_table_t;

static void (*mr_guest_trap)(int trap);

__attribute__((cold, noinline, noreturn)) static void wasm_rt_trap(wasm_rt_trap_t trap)
{
	mr_guest_trap((int)trap);
	__builtin_unreachable();
}

static inline bool wasm_rt_is_initialized(void)
{
	return true;
}

/* The same index for the same signature, as call_indirect compares them. Called at load only. */
static uint32_t wasm_rt_register_func_type(uint32_t params, uint32_t results, ...)
{
	static uint8_t signatures[MR_GUEST_TYPE_BYTES + 8 * MR_GUEST_TYPES + 8];
	static uint8_t *known[MR_GUEST_TYPES + 1];
	static uint32_t lengths[MR_GUEST_TYPES + 1];
	static uint32_t count;
	uint8_t *signature = count > 0 ? known[count - 1] + lengths[count - 1] : signatures;
	uint32_t length = 0;
	va_list args;

	memcpy(signature, &params, sizeof(params));
	length += sizeof(params);
	va_start(args, results);
	for (uint32_t i = 0; i < params + results; i++)
		signature[length++] = (uint8_t)va_arg(args, int);
	va_end(args);
	for (uint32_t i = 0; i < count; i++)
		if (lengths[i] == length && memcmp(known[i], signature, length) == 0)
			return i + 1;
	known[count] = signature;
	lengths[count] = length;
	return ++count;
}

static inline struct mr_guest *mr_guest_of(void *instance)
{
	return (struct mr_guest *)instance - 1;
}

/* The region is the memory, whatever size the module asked for: the host has checked that it holds
 * the module's data. It never grows, so that base and size can live in registers. */
static inline void mr_guest_memory(void *instance, wasm_rt_memory_t *memory)
{
	const struct mr_guest *guest = mr_guest_of(instance);

	memory->data = guest->memory;
	memory->size = (uint32_t)guest->memory_bytes;
	memory->pages = memory->max_pages = memory->size >> 16;
}
#define wasm_rt_allocate_memory(memory, initial, max) mr_guest_memory(instance, memory)

static inline uint32_t wasm_rt_grow_memory(const wasm_rt_memory_t *memory, uint32_t pages)
{
	return pages == 0 ? memory->pages : UINT32_MAX;
}

static inline void *mr_guest_table(void *instance, uint32_t entries, size_t entry_bytes)
{
	struct mr_guest *guest = mr_guest_of(instance);
	void *table = guest->tables;

	if (entries * entry_bytes > (size_t)(guest->tables_end - guest->tables))
		wasm_rt_trap(WASM_RT_TRAP_OOB);
	guest->tables += entries * entry_bytes;
	memset(table, 0, entries * entry_bytes);
	return table;
}
#define MR_TABLE_SET_UP(table, entries)                                             \
	((table)->data = mr_guest_table(instance, entries, sizeof(*(table)->data)), \
	 (table)->size = (table)->max_size = (entries))
#define wasm_rt_allocate_funcref_table(table, entries, max) MR_TABLE_SET_UP(table, entries)
#define wasm_rt_allocate_externref_table(table, entries, max) MR_TABLE_SET_UP(table, entries)
#define wasm_rt_grow_funcref_table(table, delta, value) ((delta) == 0 ? (table)->size : UINT32_MAX)
#define wasm_rt_grow_externref_table(table, delta, value) \
	((delta) == 0 ? (table)->size : UINT32_MAX)
#define wasm_rt_free_memory(memory) ((void)(memory))
#define wasm_rt_free_funcref_table(table) ((void)(table))
#define wasm_rt_free_externref_table(table) ((void)(table))

#endif
