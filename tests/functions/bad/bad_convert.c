/* Converts a float that no integer holds, with the instruction that traps. */
#include <millrace_function.h>

static int bad(struct mr_call *call)
{
	volatile float huge = 1e30f;

#ifdef __wasm__
	return __builtin_wasm_trunc_s_i32_f32(huge);
#else
	return huge > 0 ? 1 : 0;
#endif
}

MR_ENTRY(bad)
