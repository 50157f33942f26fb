/* What Host fields say, as a worker remembers it: clients name the same few hosts again and again, and each of them
 * would have to be parsed, and written in lower case for the key, every time.
 *
 * thread: local. Holds for ever: what a field says depends on nothing else.
 */
#ifndef CAIRN_PROXY_SITES_H
#define CAIRN_PROXY_SITES_H

#include "cache/key.h"

#define SITES      64
#define SITE_FIELD 63 /* a longer one is not remembered */

struct site {
	uint8_t field_n; /* 0: free */
	uint8_t host_n;
	uint8_t origin_n;
	uint16_t port; /* 0: none is written */
	char field[SITE_FIELD];
	char origin[sizeof "http" + SITE_FIELD + KEY_ORIGIN_MORE]; /* as key_origin writes it */
};

struct sites {
	struct site site[SITES];
};

/* The parts of a key for this host, by http; the target is for the caller, and so is `field`, which is borrowed. False:
 * it is malformed, or too long. */
bool sites_find(struct sites *s, struct str field, struct key_parts *out);

#endif
