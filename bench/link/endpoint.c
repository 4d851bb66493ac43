/* Opening an end, moving messages through it, and comparing what arrived. */
#include "endpoint.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SOURCES_BYTES (64u << 20) /* of all sources together */
#define POOL_BYTES (ENDPOINT_LAND_BYTES + SOURCES_BYTES + (16u << 20))
#define PEER_TIMEOUT_MS 5000
#define SLEEP_US_MAX 100000 /* ten times a second it is seen whether a run is over */
#define ADDRESS(role) (0x0a4a0d01u + (role)) /* 10.74.13.1 and .2 */

static int open_error(int rc, const char *what, char *error, size_t error_bytes)
{
	snprintf(error, error_bytes, "%s: %s", what, strerror(-rc));
	return rc;
}

/* --- Opening --------------------------------------------------------------------------------- */

static uint32_t cores_of(const struct pair_setup *setup)
{
	return setup->cores > 1 ? setup->cores : 1;
}

/* The switch of both threads; the receiver, which opens first, makes it. */
static int ring_open(const struct pair_setup *setup, enum pair_role role, struct port **port)
{
	static struct ring_switch *rings;
	int rc = 0;

	if (rings == NULL)
		rc = ring_switch_create(&rings, PAIR_ROLES, setup->mtu);
	return rc < 0 ? rc : ring_port_open(rings, role, port);
}

/* As nodes do, data lies in the DPDK heap where that is of huge pages, else in plain memory. */
static int dpdk_open(const struct pair_setup *setup, struct port **queues, bool *heap, char *error,
		     size_t error_bytes)
{
	const struct port_spread spread = {(uint16_t)cores_of(setup), MR_WIRE_PORT_DEFAULT};
	const char *spec = setup->spec;
	struct port_eal_config config = {&spec, 1, cores_of(setup) * (uint64_t)POOL_BYTES,
					 cores_of(setup)};
	char note[MR_ERROR_BYTES_MAX];
	int rc = port_eal_start(&config, note, sizeof(note), error, error_bytes);

	*heap = note[0] == '\0';
	return rc < 0 ? rc : port_dpdk_open_queues(spec, &spread, queues, error, error_bytes);
}

static int queues_open(const struct pair_setup *setup, enum pair_role role, struct port **queues,
		       bool *heap, char *error, size_t error_bytes)
{
	int rc;

	*heap = false;
	if (strcmp(setup->spec, "ring") != 0)
		return dpdk_open(setup, queues, heap, error, error_bytes);
	rc = ring_open(setup, role, queues);
	return rc < 0 ? open_error(rc, "ring", error, error_bytes) : 0;
}

static int pool_open(struct endpoint *self, bool heap)
{
	struct region_provider provider;
	int rc = heap ? region_provider_dpdk(&provider, POOL_BYTES)
		      : region_provider_memory(&provider, POOL_BYTES);

	return rc < 0 ? rc : region_pool_create(&self->pool, &provider, 0);
}

static int transport_open(struct endpoint *self, const struct pair_setup *setup)
{
	enum pair_role role = self->worker->role;
	enum pair_role other = role == PAIR_SENDER ? PAIR_RECEIVER : PAIR_SENDER;
	struct transport_config config = {
	    .node = role,
	    .incarnation = process_now_ns(),
	    .ip = ADDRESS(role),
	    .prefix_len = 24,
	    .udp_port = (uint16_t)(MR_WIRE_PORT_DEFAULT + self->core),
	    .mtu = setup->mtu,
	    .overhead_bytes = setup->sealed ? SEAL_OVERHEAD_BYTES : 0,
	    .sleep_us =
		self->sleeps ? port_poll_wait_us(PORT_POLL_ADAPTIVE, self->port->wake_fd >= 0) : 0,
	    .peer_timeout_ms = PEER_TIMEOUT_MS,
	    .seed = role,
	    .delay_us_target = self->port->abilities.memory ? MR_DELAY_US_TARGET_MEMORY : 0,
	    .small_bytes_max = MR_SMALL_BYTES_MAX,
	    /* As nodes have it: where no wire flips bits, nothing looks for flipped ones. */
	    .payload_checksum = !self->port->abilities.memory,
	};
	int rc;

	memcpy(config.mac, self->port->abilities.mac, sizeof(config.mac));
	self->transport_memory = mmap(NULL, transport_bytes(&config), PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (self->transport_memory == MAP_FAILED)
		return -ENOMEM;
	rc = transport_init(&self->transport, self->transport_memory, &config, process_now_ns());
	if (rc == 0)
		rc = transport_peer_add(self->transport, other, ADDRESS(other), config.udp_port);
	if (rc == 0 && setup->sealed)
		rc = endpoint_seal_open(&self->seal, role, config.incarnation,
					strcmp(setup->spec, "ring") != 0);
	return rc;
}

static int queue_open(struct endpoint **opened, struct worker *worker,
		      const struct pair_setup *setup, struct port *port, bool heap, uint32_t core)
{
	struct endpoint *self = calloc(1, sizeof(*self));
	int rc;

	if (self == NULL)
		return -ENOMEM;
	*opened = self;
	self->port = port;
	self->core = core;
	self->worker = worker;
	poll_clock_init(&self->clock);
	/* Who sends is on time, however the other polls. */
	self->sleeps = setup->sleeps && worker->role == PAIR_RECEIVER;
	self->ticks = malloc(MR_BENCH_SAMPLES_MAX * sizeof(self->ticks[0]));
	if (self->ticks == NULL)
		return -ENOMEM;
	rc = pool_open(self, heap);
	if (rc == 0)
		rc = transport_open(self, setup);
	if (rc == 0)
		rc = region_alloc(self->pool, ENDPOINT_LAND_BYTES, REGION_ANY, &self->land);
	if (rc == 0)
		memset(self->land->base, 1, ENDPOINT_LAND_BYTES);
	return rc;
}

int endpoint_open(struct endpoint **opened, struct worker *workers, const struct pair_setup *setup,
		  char *error, size_t error_bytes)
{
	struct port *queues[MR_IO_CORES_MAX];
	bool heap;
	int rc = queues_open(setup, workers[0].role, queues, &heap, error, error_bytes);

	if (rc < 0)
		return rc;
	if (queues[0]->abilities.mtu < setup->mtu) {
		snprintf(error, error_bytes, "our port takes packets of up to %u bytes only",
			 queues[0]->abilities.mtu);
		return -ENOTSUP;
	}
	for (uint32_t i = 0; rc == 0 && i < cores_of(setup); i++)
		rc = queue_open(&opened[i], &workers[i], setup, queues[i], heap, i);
	return rc < 0 ? open_error(rc, "memory or transport", error, error_bytes) : 0;
}

/* The process ends with it, and takes the transport's memory along. */
void endpoint_close(struct endpoint **closed)
{
	struct endpoint *self = *closed;

	link_destroy(&self->link);
	endpoint_seal_close(&self->seal);
	port_close(&self->port);
	free(self->slots);
	free(self->ticks);
	free(self);
	*closed = NULL;
}

/* --- A run ----------------------------------------------------------------------------------- */

/* Word number index of every body of that source: wrong place, wrong source and old bytes differ.
 */
static uint64_t body_word(uint32_t role, uint32_t source, uint32_t index)
{
	uint64_t z = ((uint64_t)role << 56 | (uint64_t)source << 40 | index) + 1;

	z *= 0x9e3779b97f4a7c15u;
	return z ^ z >> 29;
}

static void body_fill(uint8_t *body, uint64_t bytes, uint32_t role, uint32_t source)
{
	for (uint64_t at = 0; at < bytes; at += sizeof(uint64_t)) {
		uint64_t word = body_word(role, source, (uint32_t)(at / sizeof(uint64_t)));
		uint64_t left = bytes - at;

		memcpy(body + at, &word, left < sizeof(word) ? left : sizeof(word));
	}
}

static bool body_same(const uint8_t *body, uint64_t bytes, uint32_t role, uint32_t source)
{
	for (uint64_t at = 0; at < bytes; at += sizeof(uint64_t)) {
		uint64_t word = body_word(role, source, (uint32_t)(at / sizeof(uint64_t)));
		uint64_t left = bytes - at;

		if (memcmp(body + at, &word, left < sizeof(word) ? left : sizeof(word)) != 0)
			return false;
	}
	return true;
}

static int sources_make(struct endpoint *self, uint32_t bytes, uint32_t count)
{
	for (uint32_t i = 0; i < ENDPOINT_SOURCES_MAX; i++)
		region_unref(&self->sources[i]);
	for (uint32_t i = 0; i < count; i++) {
		int rc = region_alloc(self->pool, bytes, REGION_ANY, &self->sources[i]);

		if (rc < 0)
			return rc;
		body_fill(self->sources[i]->base, bytes, self->worker->role, i);
		region_freeze(self->sources[i]);
	}
	return 0;
}

static int slots_make(struct endpoint *self, uint32_t bytes)
{
	self->slot_bytes = (bytes + MR_ALIGN - 1) / MR_ALIGN * MR_ALIGN;
	self->slot_count = ENDPOINT_LAND_BYTES / self->slot_bytes;
	self->slot_next = 0;
	free(self->slots);
	self->slots = calloc(self->slot_count, sizeof(self->slots[0]));
	return self->slots == NULL ? -ENOMEM : 0;
}

static int link_make(struct endpoint *self, const struct pair_order *order)
{
	struct link_config config = {
	    .port = self->port,
	    .transport = self->transport,
	    .drop_ppm = self->worker->role == PAIR_RECEIVER ? order->loss_ppm : 0,
	    .seed = order->seed,
	    .seal = self->seal.seal,
	    .ip = ADDRESS(self->worker->role),
	    .udp_port = (uint16_t)(MR_WIRE_PORT_DEFAULT + self->core),
	};

	link_destroy(&self->link);
	return link_create(&self->link, &config);
}

int endpoint_prepare(struct endpoint *self, const struct pair_order *order,
		     const struct endpoint_pattern *pattern, struct pair_answer *answer)
{
	uint32_t bytes =
	    order->message_bytes > order->small_bytes ? order->message_bytes : order->small_bytes;
	uint32_t count = order->window + (order->small_bytes > 0);
	int rc = -E2BIG;

	if (count <= ENDPOINT_SOURCES_MAX && (uint64_t)count * bytes <= SOURCES_BYTES)
		rc = sources_make(self, bytes, count);
	if (rc == 0)
		rc = slots_make(self, bytes);
	if (rc == 0)
		rc = link_make(self, order);
	if (rc < 0)
		snprintf(answer->text, sizeof(answer->text), "%u messages of %u bytes: %s", count,
			 bytes, strerror(-rc));
	self->order = order;
	self->pattern = pattern;
	self->answer = answer;
	self->poll = (struct port_poll){.mode = order->poll};
	self->tick_count = 0;
	self->counting = false;
	self->failed = false;
	return rc;
}

bool endpoint_send(struct endpoint *self, uint32_t source, uint32_t bytes, enum endpoint_kind kind)
{
	struct endpoint_head head = {source, kind};
	enum pair_role other = self->worker->role == PAIR_SENDER ? PAIR_RECEIVER : PAIR_SENDER;
	int rc = transport_send(self->transport, self->now_ns, other, 0, &head, sizeof(head),
				self->sources[source]->base, bytes, self->sources[source],
				(uint64_t)kind << 32 | source);

	if (rc == 0) {
		self->unsent++;
		self->unanswered += kind == ENDPOINT_SMALL;
	}
	return rc == 0;
}

/* The next in rotation that no message is arriving in: large ones take longer than small ones, and
 * there are more slots than messages at once. */
static uint32_t slot_take(struct endpoint *self)
{
	uint32_t slot = self->slot_next;

	while (self->slots[slot].filling)
		slot = (slot + 1) % self->slot_count;
	self->slot_next = (slot + 1) % self->slot_count;
	return slot;
}

static void offer_take(struct endpoint *self, const struct transport_event *event)
{
	uint32_t slot = slot_take(self);

	self->slots[slot].bytes = 0;
	self->slots[slot].filling = event->body_bytes <= self->slot_bytes;
	if (self->slots[slot].filling)
		transport_accept(self->transport, self->now_ns, event->offer,
				 self->land->base + (uint64_t)slot * self->slot_bytes, slot);
	else
		transport_reject(self->transport, self->now_ns, event->offer, 1);
}

static void endpoint_fail(struct endpoint *self, const char *what, const char *why)
{
	if (!self->failed)
		snprintf(self->answer->text, sizeof(self->answer->text), "%s%s", what, why);
	self->failed = true;
}

static void message_take(struct endpoint *self, const struct transport_event *event)
{
	struct endpoint_head head;
	uint32_t slot = (uint32_t)event->cookie;

	/* A small one lies in its frame: this is its one copy. */
	if (event->body != NULL && event->body_bytes <= self->slot_bytes) {
		slot = slot_take(self);
		memcpy(self->land->base + (uint64_t)slot * self->slot_bytes, event->body,
		       event->body_bytes);
	}
	if (event->head_bytes != sizeof(head) || slot >= self->slot_count) {
		endpoint_fail(self, "a message that nobody sent", "");
		return;
	}
	memcpy(&head, event->head, sizeof(head));
	self->slots[slot] = (struct endpoint_slot){(uint32_t)event->body_bytes, head.source, false};
	self->unanswered -= head.kind == ENDPOINT_ECHO;
	if (self->counting && head.kind == ENDPOINT_BULK) {
		self->answer->units++;
		self->answer->bytes += event->body_bytes;
	}
	if (self->pattern->arrived != NULL)
		self->pattern->arrived(self, &head, event->body_bytes);
}

static void pump(void *opaque)
{
	struct endpoint *self = opaque;
	struct transport_event event;

	while (transport_event(self->transport, &event)) {
		switch (event.kind) {
		case TRANSPORT_OFFER:
			offer_take(self, &event);
			break;
		case TRANSPORT_MESSAGE:
			message_take(self, &event);
			break;
		case TRANSPORT_SENT:
			self->unsent--;
			if (self->pattern->sent != NULL)
				self->pattern->sent(self, (uint32_t)event.cookie,
						    (enum endpoint_kind)(event.cookie >> 32));
			break;
		case TRANSPORT_FAILED:
			endpoint_fail(self,
				      "a message failed: ", transport_reason_text(event.reason));
			break;
		case TRANSPORT_LOST:
			endpoint_fail(self, "a message was lost", "");
			break;
		default:
			break;
		}
	}
}

/* As a node's loop sleeps: on the port's doorbell, or for as long as the policy says; never so long
 * that the end of a run is missed. */
static void rest(struct endpoint *self, bool worked)
{
	bool doorbell = self->port->wake_fd >= 0;
	uint32_t sleep_us = port_poll_next(&self->poll, worked, doorbell, self->now_ns);
	uint64_t deadline_ns = link_deadline(self->link);
	struct pollfd wait = {.fd = self->port->wake_fd, .events = POLLIN};
	struct timespec timeout = {0};

	if (sleep_us == 0 || deadline_ns <= self->now_ns)
		return;
	sleep_us = sleep_us < SLEEP_US_MAX ? sleep_us : SLEEP_US_MAX;
	if (deadline_ns - self->now_ns < sleep_us * 1000ull)
		sleep_us = (uint32_t)((deadline_ns - self->now_ns) / 1000);
	timeout.tv_nsec = sleep_us * 1000;
	if (!port_arm(self->port))
		ppoll(&wait, doorbell ? 1 : 0, &timeout, NULL);
}

void endpoint_turn(struct endpoint *self)
{
	const struct link_user user = {pump, self};
	bool worked;

	self->now_ns = poll_clock_now_ns(&self->clock);
	worked = link_receive(self->link, self->now_ns, &user);
	if (link_deadline(self->link) <= self->now_ns)
		link_tick(self->link, self->now_ns);
	pump(self);
	if (self->pattern->turn != NULL)
		self->pattern->turn(self);
	worked |= link_send(self->link, self->now_ns);
	if (self->sleeps)
		rest(self, worked);
}

/* --- Afterwards ------------------------------------------------------------------------------ */

int endpoint_verify(struct endpoint *self)
{
	enum pair_role other = self->worker->role == PAIR_SENDER ? PAIR_RECEIVER : PAIR_SENDER;

	for (uint32_t i = 0; i < self->slot_count; i++) {
		const struct endpoint_slot *slot = &self->slots[i];
		const uint8_t *body = self->land->base + (uint64_t)i * self->slot_bytes;

		if (slot->bytes == 0)
			continue;
		if (!body_same(body, slot->bytes, other, slot->source)) {
			snprintf(self->answer->text, sizeof(self->answer->text),
				 "a message arrived with wrong bytes");
			return -EILSEQ;
		}
		self->answer->verified++;
	}
	return 0;
}

uint64_t endpoint_drops(const struct endpoint *self)
{
	const struct port_counters *port = &self->port->counters;
	const struct transport_counters *transport = transport_counters(self->transport);
	uint64_t drops = 0;

#define ADD_PORT_DROP(name) drops += strncmp(#name, "drop_", 5) == 0 ? port->name : 0;
	PORT_COUNTERS(ADD_PORT_DROP)
#define ADD_TRANSPORT_DROP(name) drops += strncmp(#name, "drop_", 5) == 0 ? transport->name : 0;
	TRANSPORT_COUNTERS(ADD_TRANSPORT_DROP)
	/* A veth carries what its kernel says, too. */
	return drops - transport->drop_not_ours;
}
