/* A port whose wire is an endpoint of the simulated network. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim_port.h"

struct sim_port {
	struct port port;
	struct sim_network *network;
	uint32_t endpoint;
	uint8_t frame[SIM_FRAME_BYTES_MAX];
};

static uint32_t sim_port_rx(struct port *port, struct port_rx *frames, uint32_t max)
{
	struct sim_port *self = (struct sim_port *)port;
	uint32_t count = 0;
	struct sim_frame *frame;

	while (count < max &&
	       (frame = sim_network_receive(self->network, self->endpoint)) != NULL) {
		port->counters.rx_frames++;
		port->counters.rx_bytes += frame->bytes;
		frames[count++] =
		    (struct port_rx){.data = frame->data, .bytes = frame->bytes, .opaque = frame};
	}
	return count;
}

static void sim_port_rx_release(struct port *port, struct port_rx *frames, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		sim_frame_release(frames[i].opaque);
}

static void sim_port_send(struct sim_port *self, const struct port_tx *tx)
{
	uint32_t limit = self->port.abilities.mtu + SIM_ETHERNET_BYTES;
	uint32_t bytes = 0;

	for (uint32_t i = 0; i < tx->piece_count; i++) {
		if (tx->pieces[i].bytes > limit - bytes) {
			self->port.counters.drop_tx_oversize++;
			return;
		}
		memcpy(self->frame + bytes, tx->pieces[i].data, tx->pieces[i].bytes);
		bytes += tx->pieces[i].bytes;
	}
	self->port.counters.tx_frames++;
	self->port.counters.tx_bytes += bytes;
	sim_network_send(self->network, self->endpoint, self->frame, bytes);
}

static uint32_t sim_port_tx(struct port *port, const struct port_tx *frames, uint32_t count)
{
	struct sim_port *self = (struct sim_port *)port;
	uint32_t taken = 0;

	for (; taken < count && sim_network_room(self->network, self->endpoint) > 0; taken++)
		sim_port_send(self, &frames[taken]);
	return taken;
}

/* There is no doorbell: whoever moves the virtual time knows when frames are due. */
static bool sim_port_arm(struct port *port)
{
	struct sim_port *self = (struct sim_port *)port;

	return sim_network_waiting(self->network, self->endpoint);
}

static void sim_port_close(struct port *port)
{
	free(port);
}

int sim_port_open(struct sim_network *network, uint32_t endpoint, struct port **port)
{
	static const struct port_ops ops = {
	    .rx = sim_port_rx,
	    .rx_release = sim_port_rx_release,
	    .tx = sim_port_tx,
	    .arm = sim_port_arm,
	    .close = sim_port_close,
	};
	struct sim_port *self;

	if (endpoint >= sim_network_endpoints(network))
		return -EINVAL;
	self = calloc(1, sizeof(*self));
	if (self == NULL)
		return -ENOMEM;
	self->network = network;
	self->endpoint = endpoint;
	self->port.ops = &ops;
	self->port.wake_fd = -1;
	self->port.abilities = (struct port_abilities){
	    .mac = {0x02, 0x4d, 0x52, 0x01, 0x00, (uint8_t)endpoint},
	    .mtu = sim_network_mtu(network),
	    .multi_segment = true,
	    .driver = "sim",
	};
	*port = &self->port;
	return 0;
}
