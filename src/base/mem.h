/* Memory from malloc, where malloc's own ways take too long.
 *
 * thread: a struct mem_spares is one thread's; a struct mem_room its owner's.
 */
#ifndef CAIRN_BASE_MEM_H
#define CAIRN_BASE_MEM_H

#include <stdlib.h>

#include "base/str.h"

/* Pieces of one size that were given back, for who wants one next. Start zeroed, but for `most`. */
struct mem_spares {
	struct mem_spare *first;
	unsigned count;
	unsigned most; /* that are kept */
};

/* One of them; NULL where there is none. */
void *mem_spare(struct mem_spares *s);

/* Keeps `p`, from malloc, or frees it where there are enough. Under AddressSanitizer all are freed, so that a use after the end
 * is seen. */
void mem_give_back(struct mem_spares *s, void *p);

/* Frees all. */
void mem_free_spares(struct mem_spares *s);

/* Memory of odd sizes that goes with a struct: from a room behind it, and from malloc what is beyond that. Under
 * AddressSanitizer all is malloc's. */
struct mem_room {
	char *at, *end;
	struct mem_beyond *beyond;
};

/* The room is the `n` bytes at `p`. */
void mem_room_init(struct mem_room *r, void *p, size_t n);

/* mem_room_get, where the room is too small. */
void *mem_room_beyond(struct mem_room *r, size_t n);

/* `n` bytes, aligned for anything of 8. NULL where memory is short. */
static inline void *
mem_room_get(struct mem_room *r, size_t n)
{
	size_t padded = (n + 7) & ~(size_t)7;
	char *p = r->at;

	if (__builtin_expect(padded > (size_t)(r->end - p) || padded < n, 0))
		return mem_room_beyond(r, n);
	r->at = p + padded;
	return p;
}

/* `p` is the latest, and `n` bytes of it are enough. */
void mem_room_trim(struct mem_room *r, void *p, size_t n);

/* A copy. Empty, too, where memory is short. */
static inline struct str
mem_room_str(struct mem_room *r, struct str s)
{
	char *p = s.n == 0 ? NULL : (char *)mem_room_get(r, s.n);

	if (p == NULL)
		return STR_NONE;
	str_put(p, s);
	return str_of(p, s.n);
}

/* Gives back all that came from malloc. */
void mem_room_fini(struct mem_room *r);

#endif
