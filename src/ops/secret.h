/* What the node keeps to itself: the number that tells this process from all others, the secret of its opaque names,
 * and the secret of its index. Secrets outlive the process in the state directory, where there is one; else they are
 * made anew for each process, and stay the same over its reloads.
 *
 * thread: any, one call at a time.
 */
#ifndef CAIRN_OPS_SECRET_H
#define CAIRN_OPS_SECRET_H

#include "base/arena.h"
#include "base/hash.h"

struct secret_home {
	struct str state; /* the directory; empty: nothing is kept */
	struct str user;  /* whom a node started as root becomes, and who has to read it then; empty: it stays root */
	bool dry;         /* make no file */
};

/* Random, never 0, the same as long as the process lives. */
uint64_t secret_instance(void);

/* The text that keys opaque names: kept in state/trail-secret. STR_NONE with *err = -errno (-EBADMSG: the file is
 * damaged) where it can be neither read nor written. In `a`. */
struct str secret_trail(const struct secret_home *home, struct arena *a, int *err);

/* The secret of the index's hashes: kept in state/index-secret. 0 or -errno, as above. */
int secret_index(const struct secret_home *home, struct hash_secret *out);

#endif
