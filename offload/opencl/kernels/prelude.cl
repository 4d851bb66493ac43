/* What expressions are made of: a value is a long, a ulong or a double, beside a flag for null.
 * active: the row counts and no operand is null, so that what goes wrong is an error. */
#pragma OPENCL FP_CONTRACT OFF

static inline bool bit_get(__global const uchar *bits, ulong row)
{
	return bits[row >> 3] >> (row & 7) & 1;
}

static inline long narrow_check(long value, bool active, uint *bad)
{
	*bad |= active && value != (long)(int)value;
	return value;
}

static inline ulong unarrow_check(ulong value, bool active, uint *bad)
{
	*bad |= active && value != (ulong)(uint)value;
	return value;
}

static inline long range_check(long value, long least, long most, bool active, uint *bad)
{
	*bad |= active && (value < least || value > most);
	return value;
}

static inline ulong urange_check(ulong value, ulong most, bool active, uint *bad)
{
	*bad |= active && value > most;
	return value;
}

static inline long long_add(long a, long b, bool active, uint *bad)
{
	long r = (long)((ulong)a + (ulong)b);

	*bad |= active && ((a ^ r) & (b ^ r)) < 0;
	return r;
}

static inline long long_subtract(long a, long b, bool active, uint *bad)
{
	long r = (long)((ulong)a - (ulong)b);

	*bad |= active && ((a ^ b) & (a ^ r)) < 0;
	return r;
}

static inline long long_multiply(long a, long b, bool active, uint *bad)
{
	long r = (long)((ulong)a * (ulong)b);

	*bad |= active && mul_hi(a, b) != r >> 63;
	return r;
}

/* By 0: null, which the caller says. */
static inline long long_divide(long a, long b, bool active, uint *bad)
{
	if (b == -1)
		return long_subtract(0, a, active, bad);
	return a / (b == 0 ? 1 : b);
}

static inline long long_modulo(long a, long b, bool active, uint *bad)
{
	return a % (b == 0 || b == -1 ? 1 : b);
}

static inline ulong ulong_add(ulong a, ulong b, bool active, uint *bad)
{
	*bad |= active && a + b < a;
	return a + b;
}

static inline ulong ulong_subtract(ulong a, ulong b, bool active, uint *bad)
{
	*bad |= active && b > a;
	return a - b;
}

static inline ulong ulong_multiply(ulong a, ulong b, bool active, uint *bad)
{
	*bad |= active && mul_hi(a, b) != 0;
	return a * b;
}

static inline ulong ulong_divide(ulong a, ulong b, bool active, uint *bad)
{
	return a / (b == 0 ? 1 : b);
}

static inline ulong ulong_modulo(ulong a, ulong b, bool active, uint *bad)
{
	return a % (b == 0 ? 1 : b);
}

static inline long long_floor(long a, long b)
{
	return a / b - (a % b < 0);
}

/* -1, 0, 1 of two's complement numbers of 128 bits. */
static inline int decimal_order(ulong a, long a_high, ulong b, long b_high)
{
	if (a_high != b_high)
		return a_high < b_high ? -1 : 1;
	return a == b ? 0 : a < b ? -1 : 1;
}

/* Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days. */
static inline long days_part(long days, int part)
{
	long shifted = days + 719468, era = long_floor(shifted, 146097);
	long day = shifted - era * 146097;
	long year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	long rest = day - (365 * year + year / 4 - year / 100);
	long month = (5 * rest + 2) / 153;

	if (part == 0)
		return year + era * 400 + (month >= 10);
	if (part == 1)
		return month < 10 ? month + 3 : month - 9;
	return rest - (153 * month + 2) / 5 + 1;
}

#ifdef HAS_DOUBLE
/* Every NaN equal to every NaN, and above infinity. */
static inline bool real_less(double a, double b)
{
	return a < b || (!isnan(a) && isnan(b));
}

static inline bool real_equal(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

/* Integers in the order of doubles; both zeros are one, as are all NaNs. */
static inline long real_key(double value)
{
	long bits = as_long(isnan(value) ? as_double(0x7ff8000000000000L) : value + 0.0);

	return bits < 0 ? bits ^ 0x7fffffffffffffffL : bits;
}

/* The integer below it in size; not of NaN, and not beyond what the type holds. */
static inline long real_to_long(double value, bool active, uint *bad)
{
	bool fits = value >= -9223372036854775808.0 && value < 9223372036854775808.0;

	*bad |= active && !fits;
	return fits ? (long)value : 0;
}

static inline ulong real_to_ulong(double value, bool active, uint *bad)
{
	bool fits = value > -1.0 && value < 18446744073709551616.0;

	*bad |= active && !fits;
	return fits ? (ulong)(value < 0 ? 0 : value) : 0;
}
#endif
