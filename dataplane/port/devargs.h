/* What a port's name on the command line says, before any driver sees it. Pure. */
#ifndef DEVARGS_H
#define DEVARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVARGS_BYTES_MAX 512 /* of a specification, completed, with its zero */
#define DEVARGS_NAME_MAX 64   /* RTE_ETH_NAME_MAX_LEN */

enum port_spec_kind { SPEC_INTERFACE, SPEC_PCI, SPEC_VIRTUAL };

struct port_spec {
	enum port_spec_kind kind;
	char devargs[DEVARGS_BYTES_MAX]; /* as rte_dev_probe() wants it */
	char name[DEVARGS_NAME_MAX];     /* of the device: devargs up to the first comma */
	uint32_t mtu; /* of "mtu=", which is ours and no driver's; 0 when not given */
};

/* 0, or -EINVAL with error text. An interface gets the devargs of net_af_packet. */
int port_spec_parse(const char *text, struct port_spec *spec, char *error, size_t error_bytes);

/* Does the driver of that name serve this virtual device? ("net_memif" serves "net_memif0") */
bool port_spec_driver(const struct port_spec *spec, const char *driver);

/* Copies the value of key ("iface=") and returns true; false when absent or too long. */
bool port_spec_value(const struct port_spec *spec, const char *key, char *value,
		     size_t value_bytes);

/* Appends ",key=value" unless the key is there already. 0 or -ENAMETOOLONG. */
int port_spec_default(struct port_spec *spec, const char *key, uint32_t value);

#endif
