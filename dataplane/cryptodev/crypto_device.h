/*
 * Bulk ciphers by DPDK's cryptodev: an engine on a NIC or accelerator where there is one, a
 * software driver that uses the CPU's vector instructions where not, and libcrypto beneath for a
 * cipher that neither has.
 *
 * A device that reports RTE_CRYPTODEV_FF_SYM_CPU_CRYPTO is called as a function; any other is given
 * a burst and polled until it comes back. Both work in place, so that the payload is first copied
 * to where its sealed form will be; for an engine, through mbufs of its own.
 *
 * Source: DPDK 22.11 programmer's guide, "Cryptography Device Library".
 */
#ifndef CRYPTO_DEVICE_H
#define CRYPTO_DEVICE_H

#include "aead.h"

/*
 * After port_eal_start(), once per process. device is a DPDK device by its devargs
 * (crypto_openssl0, a PCI address that EAL was given), or NULL for the best there is. 0; -ENODEV
 * with error text when there is no such device, or none that has one of our ciphers; -ENOMEM.
 */
int aead_cryptodev_create(struct aead_backend **backend, const char *device, char *error,
			  size_t error_bytes);

#endif
