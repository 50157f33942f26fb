/* The packed form of struct stored, private to stored*.c.
 *
 *   struct stored     sizes
 *   numbers           lengths of the texts and trail time, as variable-length integers; the meta (stored_meta.c)
 *   texts             lines, key, chain, vary names, vary values, without anything between them
 *   table             for each line: id (one byte), then the line's length with name, ": " and CRLF, variable-length
 *
 * A typical object of eight fields takes some 60 bytes beyond its texts, where plain structs would take 250.
 */
#ifndef CAIRN_CACHE_STORED_IMPL_H
#define CAIRN_CACHE_STORED_IMPL_H

#include "cache/stored.h"

struct stored {
	uint32_t bytes;   /* in all */
	uint32_t lines;   /* bytes of the lines */
	uint32_t present; /* stored_bit of each line's id: what is surely not there costs no walk */
	uint16_t text;    /* where the texts begin */
	uint16_t table;   /* bytes of it, at the end: of as many lines as a head may have it stays far below 64 KiB */
	uint8_t numbers[];
};

/* So mixed, the fields asked for on each hit share no bit with those that most responses have. */
static inline uint32_t
stored_bit(unsigned id)
{
	return UINT32_C(1) << ((id ^ id >> 5) & 31);
}

_Static_assert(HDR_COUNT <= 256, "the table holds an id in one byte");

/* What is in a line beside name and value. */
#define SEPARATOR   ": "
#define SEPARATOR_N (sizeof SEPARATOR - 1)
#define LINE_END    "\r\n"
#define LINE_END_N  (sizeof LINE_END - 1)
#define LINE_EXTRA  (SEPARATOR_N + LINE_END_N)

/* So many bytes behind the meta are written and read with it, and mean nothing. */
#define STORED_META_SLACK 3u

#define STORED_HEADER offsetof(struct stored, numbers)

/* Seven bits a byte, the lowest first; the high bit says that more follow. */
static inline void
packed_put(uint8_t **at, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		*(*at)++ = (uint8_t)(v | 0x80);
	*(*at)++ = (uint8_t)v;
}

static inline uint64_t
packed_take(const uint8_t **at)
{
	uint64_t v = *(*at)++;

	if (v < 0x80)
		return v;
	v &= 0x7f;
	for (unsigned shift = 7;; shift += 7) {
		uint64_t byte = *(*at)++;

		v |= (byte & 0x7f) << shift;
		if (byte < 0x80)
			return v;
	}
}

/* A signed number, the sign in the lowest bit, so that small ones stay short on both sides of zero. */
static inline void
packed_put_signed(uint8_t **at, int64_t v)
{
	packed_put(at, (uint64_t)v << 1 ^ (uint64_t)(v >> 63));
}

static inline int64_t
packed_take_signed(const uint8_t **at)
{
	uint64_t v = packed_take(at);

	return (int64_t)(v >> 1 ^ (0 - (v & 1)));
}

/* The meta, with these flags in place of its own; at most STORED_META_MAX bytes. */
void stored_meta_put(uint8_t **at, const struct meta *m, unsigned flags);

/* The same in the longest form, which takes the least time. */
void stored_meta_put_plain(uint8_t **at, const struct meta *m, unsigned flags);
void stored_meta_take(const uint8_t *at, struct meta *m);
int64_t stored_meta_received_ms(const uint8_t *at);

/* Walks the lines. */
struct stored_walk {
	const uint8_t *table;
	const char *line;
	const char *end;
};

void stored_walk_init(struct stored_walk *w, const struct stored *s);
bool stored_walk_next(struct stored_walk *w, struct field *out);

#endif
