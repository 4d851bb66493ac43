/*
 * Ciphers of bulk data: every backend gives the same bytes, opens what another sealed, and lets
 * nothing pass that was changed. "rate" prints how fast each is instead.
 */
#include <time.h>

#include "crypto_device.h"
#include "port.h"
#include "seals.h"
#include "test.h"

#define BYTES_MAX 9100
#define BURST MR_PORT_BURST

struct set {
	uint8_t in[BURST][BYTES_MAX];
	uint8_t out[BURST][BYTES_MAX + SEAL_TAG_BYTES];
	struct aead_op ops[BURST];
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static void set_seal(struct set *set, struct aead_backend *backend, void *key,
		     const uint32_t *bytes)
{
	for (uint32_t i = 0; i < BURST; i++)
		set->ops[i] =
		    (struct aead_op){.key = key,
				     .counter = i * 77777777777ull,
				     .in = {{set->in[i], bytes[i] / 3},
					    {set->in[i] + bytes[i] / 3, bytes[i] - bytes[i] / 3}},
				     .out = set->out[i]};
	backend->ops->seal(backend, set->ops, BURST);
}

/* Opens what from sealed; the odd ones with a byte changed. */
static void check_open(const struct set *from, struct aead_backend *backend, void *key,
		       const uint32_t *bytes, bool spoil)
{
	static struct set set;

	for (uint32_t i = 0; i < BURST; i++) {
		uint32_t sealed = bytes[i] + SEAL_TAG_BYTES;

		memcpy(set.out[i], from->out[i], sealed);
		if (spoil && i % 2 == 1)
			set.out[i][i * 131 % sealed] ^= 1;
		set.ops[i] = (struct aead_op){.key = key,
					      .counter = i * 77777777777ull,
					      .in = {{set.out[i], sealed}},
					      .out = set.in[i]};
	}
	backend->ops->open(backend, set.ops, BURST);
	for (uint32_t i = 0; i < BURST; i++) {
		bool good = !spoil || i % 2 == 0;

		CHECK(set.ops[i].good == good, "%s: %u bytes, spoiled %d", backend->name, bytes[i],
		      !good);
		CHECK(!good || memcmp(set.in[i], from->in[i], bytes[i]) == 0, "%s: %u bytes",
		      backend->name, bytes[i]);
	}
}

static void check_same(struct aead_backend *a, struct aead_backend *b, enum seal_cipher cipher)
{
	static struct set sets[2];
	struct aead_backend *backends[2] = {a, b};
	uint8_t key_bytes[SEAL_KEY_BYTES];
	uint32_t bytes[BURST];
	void *seal_keys[2], *open_keys[2];
	uint64_t random = 7;

	memset(key_bytes, 'k', sizeof(key_bytes));
	for (uint32_t i = 0; i < BURST; i++) {
		bytes[i] = i < 4 ? i : (uint32_t)(seals_random(&random) % BYTES_MAX);
		for (uint32_t j = 0; j < bytes[i]; j++)
			sets[0].in[i][j] = (uint8_t)seals_random(&random);
		memcpy(sets[1].in[i], sets[0].in[i], bytes[i]);
	}
	for (uint32_t i = 0; i < 2; i++) {
		struct aead_backend *backend = backends[i];

		CHECK(backend->ops->key_create(backend, cipher, key_bytes, true, &seal_keys[i]) ==
			      0 &&
			  backend->ops->key_create(backend, cipher, key_bytes, false,
						   &open_keys[i]) == 0,
		      "%s: no key", backend->name);
		set_seal(&sets[i], backend, seal_keys[i], bytes);
	}
	for (uint32_t i = 0; i < BURST; i++) {
		CHECK(sets[0].ops[i].good && sets[1].ops[i].good, "%u bytes not sealed", bytes[i]);
		CHECK(memcmp(sets[0].out[i], sets[1].out[i], bytes[i] + SEAL_TAG_BYTES) == 0,
		      "%s and %s differ at %u bytes", a->name, b->name, bytes[i]);
		CHECK(memcmp(sets[0].in[i], sets[1].in[i], bytes[i]) == 0, "the input changed");
	}
	for (uint32_t i = 0; i < 2; i++) {
		check_open(&sets[1 - i], backends[i], open_keys[i], bytes, false);
		check_open(&sets[1 - i], backends[i], open_keys[i], bytes, true);
		backends[i]->ops->key_destroy(backends[i], seal_keys[i]);
		backends[i]->ops->key_destroy(backends[i], open_keys[i]);
	}
}

static void print_rate(struct aead_backend *backend, enum seal_cipher cipher, uint32_t each)
{
	static struct set set;
	uint8_t key_bytes[SEAL_KEY_BYTES] = {1};
	uint32_t bytes[BURST];
	uint64_t start, ns[2], rounds = 4000;
	void *keys[2];

	for (uint32_t i = 0; i < BURST; i++)
		bytes[i] = each;
	backend->ops->key_create(backend, cipher, key_bytes, true, &keys[0]);
	backend->ops->key_create(backend, cipher, key_bytes, false, &keys[1]);
	set_seal(&set, backend, keys[0], bytes);
	start = now_ns();
	for (uint64_t r = 0; r < rounds; r++)
		set_seal(&set, backend, keys[0], bytes);
	ns[0] = now_ns() - start;
	for (uint32_t i = 0; i < BURST; i++)
		set.ops[i] = (struct aead_op){.key = keys[1],
					      .counter = set.ops[i].counter,
					      .in = {{set.out[i], each + SEAL_TAG_BYTES}},
					      .out = set.in[i]};
	start = now_ns();
	for (uint64_t r = 0; r < rounds; r++)
		backend->ops->open(backend, set.ops, BURST);
	ns[1] = now_ns() - start;
	CHECK(set.ops[0].good, "not opened");
	printf("%-28s %-10s %5u bytes: seal %5.2f GB/s, open %5.2f GB/s\n", backend->name,
	       cipher == SEAL_AES_GCM ? "AES-GCM" : "ChaChaPoly", each,
	       (double)(rounds * BURST * each) / (double)ns[0],
	       (double)(rounds * BURST * each) / (double)ns[1]);
	for (uint32_t i = 0; i < 2; i++)
		backend->ops->key_destroy(backend, keys[i]);
}

static void run(struct aead_backend *library, struct aead_backend *backend, bool rate)
{
	for (int c = SEAL_AES_GCM; c <= SEAL_CHACHA_POLY; c++) {
		if (rate) {
			print_rate(backend, (enum seal_cipher)c, 64);
			print_rate(backend, (enum seal_cipher)c, 1400);
			print_rate(backend, (enum seal_cipher)c, 8900);
		} else {
			check_same(library, backend, (enum seal_cipher)c);
		}
	}
}

int main(int argc, char **argv)
{
	static const char *const devices[] = {NULL, "crypto_openssl0", "crypto_aesni_mb0"};
	const struct port_eal_config eal = {.memory_bytes = 16 << 20};
	bool rate = argc > 1 && strcmp(argv[1], "rate") == 0;
	struct aead_backend *library, *backend;
	char note[512], error[512];
	uint32_t ran = 0;

	CHECK(aead_evp_create(&library) == 0, "no library");
	run(library, library, rate);
	if (port_eal_start(&eal, note, sizeof(note), error, sizeof(error)) < 0)
		SKIP("cryptodev: %s", error);
	for (uint32_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		if (aead_cryptodev_create(&backend, devices[i], error, sizeof(error)) < 0) {
			printf("left out: %s\n", error);
			continue;
		}
		printf("%s\n", backend->name);
		run(library, backend, rate);
		aead_destroy(&backend);
		ran++;
	}
	CHECK(aead_cryptodev_create(&backend, "crypto_nosuch0", error, sizeof(error)) < 0,
	      "a device that is not there");
	aead_destroy(&library);
	if (ran == 0)
		SKIP("DPDK has no crypto driver here");
	return 0;
}
