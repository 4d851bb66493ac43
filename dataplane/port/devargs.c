/* What a port's name on the command line says, before any driver sees it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <net/if.h>
#include <rte_pci.h>

#include <millrace/limits.h>

#include "devargs.h"

#define MTU_KEY ",mtu="
#define MTU_MIN 576 /* what every IPv4 host takes: RFC 791 */

/* "0000:00:04.0" or "00:04.0", with or without ",key=value" behind it. */
static bool spec_is_pci(const char *name)
{
	struct rte_pci_addr address;

	/* rte_pci_addr_parse() takes stray text after the function number. */
	return strspn(name, "0123456789abcdefABCDEF:.") == strlen(name) &&
	       strchr(name, '.') != NULL && rte_pci_addr_parse(name, &address) == 0;
}

static bool spec_is_virtual(const char *text)
{
	static const char *const prefixes[] = {"net_", "eth_", "virtio_user", "vdev:"};

	if (strchr(text, ',') != NULL)
		return true;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (strncmp(text, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	}
	return false;
}

static int spec_interface(struct port_spec *spec, char *error, size_t error_bytes)
{
	char text[DEVARGS_NAME_MAX];

	memcpy(text, spec->name, sizeof(text));
	if (strlen(text) >= IFNAMSIZ || strpbrk(text, "/: \t\n") != NULL) {
		snprintf(error, error_bytes,
			 "port \"%.64s\": not an interface name, a PCI address or DPDK devargs "
			 "(eth0, 0000:00:04.0, net_af_packet0,iface=eth0)",
			 text);
		return -EINVAL;
	}
	spec->kind = SPEC_INTERFACE;
	snprintf(spec->name, sizeof(spec->name), "net_af_packet_%s", text);
	snprintf(spec->devargs, sizeof(spec->devargs), "%s,iface=%s", spec->name, text);
	return 0;
}

/* Takes ",mtu=N" out of the devargs: no driver knows it. */
static int spec_take_mtu(struct port_spec *spec, char *error, size_t error_bytes)
{
	char *at = strstr(spec->devargs, MTU_KEY);
	unsigned long mtu;
	char *end;

	if (at == NULL)
		return 0;
	mtu = strtoul(at + strlen(MTU_KEY), &end, 10);
	if ((*end != '\0' && *end != ',') || mtu < MTU_MIN || mtu > MR_MTU_MAX) {
		snprintf(error, error_bytes, "port %s: mtu= is a number of bytes from %u to %u",
			 spec->name, MTU_MIN, MR_MTU_MAX);
		return -EINVAL;
	}
	spec->mtu = (uint32_t)mtu;
	memmove(at, end, strlen(end) + 1);
	return 0;
}

int port_spec_parse(const char *text, struct port_spec *spec, char *error, size_t error_bytes)
{
	size_t name_len;

	memset(spec, 0, sizeof(*spec));
	if (text[0] == '\0') {
		snprintf(error, error_bytes,
			 "port \"\": name an interface (eth0), a PCI address (0000:00:04.0) or "
			 "DPDK devargs (net_af_packet0,iface=eth0)");
		return -EINVAL;
	}
	if (strncmp(text, "vdev:", 5) == 0)
		text += 5;
	name_len = strcspn(text, ",");
	if (strlen(text) >= sizeof(spec->devargs) || name_len >= sizeof(spec->name) ||
	    name_len == 0) {
		snprintf(error, error_bytes,
			 "port \"%.64s...\": a device name has 1 to %zu bytes, its devargs up to "
			 "%zu",
			 text, sizeof(spec->name) - 1, sizeof(spec->devargs) - 1);
		return -EINVAL;
	}
	memcpy(spec->name, text, name_len);
	memcpy(spec->devargs, text, strlen(text));
	if (spec_take_mtu(spec, error, error_bytes) < 0)
		return -EINVAL;
	if (spec_is_pci(spec->name)) {
		spec->kind = SPEC_PCI;
		return 0;
	}
	if (spec_is_virtual(spec->devargs)) {
		spec->kind = SPEC_VIRTUAL;
		return 0;
	}
	return spec_interface(spec, error, error_bytes);
}

bool port_spec_driver(const struct port_spec *spec, const char *driver)
{
	return spec->kind != SPEC_PCI && strncmp(spec->name, driver, strlen(driver)) == 0;
}

/* The text behind "key=", up to a comma or the end; NULL when the key is absent. */
static const char *spec_find(const struct port_spec *spec, const char *key)
{
	size_t key_len = strlen(key);
	const char *at = spec->devargs;

	while ((at = strchr(at, ',')) != NULL) {
		at++;
		if (strncmp(at, key, key_len) == 0 && at[key_len] == '=')
			return at + key_len + 1;
	}
	return NULL;
}

bool port_spec_value(const struct port_spec *spec, const char *key, char *value, size_t value_bytes)
{
	const char *found = spec_find(spec, key);
	size_t len;

	if (found == NULL)
		return false;
	len = strcspn(found, ",");
	if (len >= value_bytes)
		return false;
	memcpy(value, found, len);
	value[len] = '\0';
	return true;
}

int port_spec_default(struct port_spec *spec, const char *key, uint32_t value)
{
	size_t used = strlen(spec->devargs);
	int len;

	if (spec_find(spec, key) != NULL)
		return 0;
	len = snprintf(spec->devargs + used, sizeof(spec->devargs) - used, ",%s=%u", key, value);
	if ((size_t)len < sizeof(spec->devargs) - used)
		return 0;
	spec->devargs[used] = '\0';
	return -ENAMETOOLONG;
}
