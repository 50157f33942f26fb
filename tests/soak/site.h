/* What the origin has: URLs, each in a version, each version with bytes of its own. Client and origin both work it out,
 * so that every byte of every response can be checked. */
#ifndef CAIRN_TESTS_SOAK_SITE_H
#define CAIRN_TESTS_SOAK_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SITE_URLS  20000
#define SITE_USERS 3

#define SITE_UPLOAD UINT32_MAX

/* A representation. */
struct rep {
	uint32_t url;
	uint32_t version;
	uint32_t user; /* of what is private; else 0. SITE_UPLOAD: what a client sends */
};

struct traits {
	bool private;
	bool no_store;
	bool etag, weak;
	bool modified;
	int max_age; /* seconds; -1: nothing is said */
	int swr, sie;
};

uint64_t site_random(void);
unsigned site_below(unsigned n);
bool site_permille(unsigned p);
void site_seed(uint64_t seed);

/* The first are asked for most. */
uint32_t site_pick(void);
uint32_t site_pick_large(void); /* more than sockets hold */

void site_traits(uint32_t url, struct traits *out);
uint32_t site_version(uint32_t url);
void site_change(uint32_t url);

/* The oldest version that may still come: what an order or a confirmed change has done away with must not. */
uint32_t site_floor(uint32_t url);
void site_raise(uint32_t url, uint32_t version);
void site_raise_all(void); /* all that is not the newest is done away with */

/* Its body was cut not long ago: then a client may see it cut. Long is counted in exchanges. One that hangs in the
 * middle is cut at any time from then on, until the node has let go of it: until site_note_cut. */
void site_note_cut(uint32_t url);
void site_note_hanging(uint32_t url);
bool site_was_cut(uint32_t url);

uint64_t site_length(struct rep r);
void site_fill(struct rep r, uint64_t at, char *out, size_t n);

/* How many of these are right, from the first on. */
size_t site_equals(struct rep r, uint64_t at, const char *p, size_t n);

/* Whose these are, and from where on, for whoever has to find out how they came there. */
bool site_whose(const char *p, size_t n, struct rep *r, uint64_t *at);

#define SITE_ERROR_BYTES 100 /* of the body of an error: "e" each */

#endif
