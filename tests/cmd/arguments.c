/* Values of arguments: what is taken, as what, and what is not. */
#include "arguments.h"

#include "test.h"

static void sizes(void)
{
	static const struct {
		const char *text;
		bool valid;
		uint64_t bytes;
	} cases[] = {
	    {"0", true, 0},
	    {"4096", true, 4096},
	    {"3KiB", true, 3 << 10},
	    {"512MiB", true, 512ull << 20},
	    {"4GiB", true, 4ull << 30},
	    {"17179869183GiB", true, 17179869183ull << 30},
	    {"17179869184GiB", false, 0},
	    {"18446744073709551616", false, 0},
	    {"", false, 0},
	    {"-1", false, 0},
	    {" 1", false, 0},
	    {"1 MiB", false, 0},
	    {"1MB", false, 0},
	    {"1.5GiB", false, 0},
	    {"0x10", false, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t bytes = 0;
		bool valid = argument_size(cases[i].text, &bytes);

		CHECK(valid == cases[i].valid, "%s", cases[i].text);
		CHECK(!valid || bytes == cases[i].bytes, "%s", cases[i].text);
	}
}

static void ranges(void)
{
	static const struct {
		const char *text;
		bool valid;
		uint32_t low, high;
	} cases[] = {
	    {"1", true, 1, 1},      {"16", true, 16, 16},       {"1-16", true, 1, 16},
	    {"3-3", true, 3, 3},    {"0", false, 0, 0},         {"17", false, 0, 0},
	    {"4-3", false, 0, 0},   {"1-17", false, 0, 0},      {"0-2", false, 0, 0},
	    {"-2", false, 0, 0},    {"1-", false, 0, 0},        {"", false, 0, 0},
	    {"1-2-3", false, 0, 0}, {"automatic", false, 0, 0},
	};
	uint32_t low = 0, high = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool valid = argument_range(cases[i].text, 16, &low, &high);

		CHECK(valid == cases[i].valid, "%s", cases[i].text);
		CHECK(!valid || (low == cases[i].low && high == cases[i].high), "%s",
		      cases[i].text);
	}
	CHECK(argument_range("auto", 16, &low, &high) && low == 1 && high >= 1 && high <= 16);
}

static void probabilities(void)
{
	static const char *const refused[] = {"", "-0.1", "1.1", "nan", "inf", "0.5x", "1e-3", "."};
	uint32_t ppm = 0;

	CHECK(argument_probability("0.01", &ppm) && ppm == 10000, "%u", ppm);
	CHECK(argument_probability("1", &ppm) && ppm == 1000000, "%u", ppm);
	CHECK(argument_probability("0", &ppm) && ppm == 0, "%u", ppm);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		CHECK(!argument_probability(refused[i], &ppm), "%s", refused[i]);
}

static void addresses(void)
{
	static const char *const refused[] = {
	    "",          "10.0.0.1",      "10.0.0.1/",    "10.0.0.1/0",       "10.0.0.1/33",
	    "10.0.0/24", "10.0.0.256/24", "10.0.0.1/24,", "10.0.0.1/24,gate", "10.0.0.1/24/24",
	    "::1/64",    "10.0.0.1/+4",
	};
	uint32_t ip, gateway;
	uint8_t prefix_len;

	CHECK(argument_address("10.77.0.1/24", &ip, &prefix_len, &gateway), "good");
	CHECK(ip == 0x0a4d0001 && prefix_len == 24 && gateway == 0, "%x", ip);
	CHECK(argument_address("10.0.0.2/8,10.0.0.1", &ip, &prefix_len, &gateway), "good");
	CHECK(ip == 0x0a000002 && prefix_len == 8 && gateway == 0x0a000001, "%x", gateway);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		CHECK(!argument_address(refused[i], &ip, &prefix_len, &gateway), "%s", refused[i]);
}

static void bindings(void)
{
	static const char *const refused[] = {"",       "text",  "text=", "=file:x",
					      "../x=y", "a/b=c", "1a=b"};
	char text[64] = "text=file:/a=b";
	const char *set, *target;

	CHECK(argument_binding(text, &set, &target), "good");
	CHECK(strcmp(set, "text") == 0 && strcmp(target, "file:/a=b") == 0, "%s %s", set, target);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		snprintf(text, sizeof(text), "%s", refused[i]);
		CHECK(!argument_binding(text, &set, &target), "%s", refused[i]);
		CHECK(strcmp(text, refused[i]) == 0, "%s is left as it was", refused[i]);
	}
}

int main(void)
{
	sizes();
	ranges();
	probabilities();
	addresses();
	bindings();
	return 0;
}
