/* How a field name is found, so that the parser of heads can do it without a call. Private to http/; others call
 * hdr_id.
 *
 * A name is found by its first and its last bytes, read as two words: their hash points to a row, and the same two
 * words are compared with the row's. What lies between them in a name of more than sixteen bytes is compared last. Some
 * 30 instructions, whichever the name. The tables are filled from the rows before main() and never change after.
 */
#ifndef CAIRN_HTTP_HDR_IMPL_H
#define CAIRN_HTTP_HDR_IMPL_H

#include "base/must.h"
#include "http/hdr.h"

/* The first and the last bytes of a name: eight each, or four or two where it is shorter. */
struct hdr_words {
	uint64_t first;
	uint64_t last;
};

/* What a name is compared with: its row's words in lower case, and the bits that make the case of their letters. */
struct hdr_match {
	size_t n;
	struct hdr_words lower;
	struct hdr_words case_bits;
};

#define HDR_SLOTS 512
_Static_assert(HDR_COUNT <= HDR_SLOTS / 4, "a probe must soon meet an empty slot");

extern const uint64_t hdr_quiet[2]; /* as head.present: the rows that are marked QUIET, and HDR_OTHER */

extern uint8_t hdr_slots[HDR_SLOTS]; /* enum hdr; HDR_OTHER: empty */
extern struct hdr_match hdr_matches[HDR_COUNT];

/* The whole search: past rows that share the slot, and with names that have a middle. `name` has two bytes or more. */
enum hdr hdr_search(struct str name);

static inline uint64_t
hdr_load(const char *p, size_t n)
{
	uint64_t v = 0;

	memcpy(&v, p, n);
	return v;
}

/* `name` has two bytes or more. */
static inline struct hdr_words
hdr_words(struct str name)
{
	if (LIKELY(name.n >= 8))
		return (struct hdr_words){ hdr_load(name.p, 8), hdr_load(name.p + name.n - 8, 8) };
	if (name.n >= 4)
		return (struct hdr_words){ hdr_load(name.p, 4), hdr_load(name.p + name.n - 4, 4) };
	return (struct hdr_words){ hdr_load(name.p, 2), hdr_load(name.p + name.n - 2, 2) };
}

/* Without the bit that makes a letter's case. The multiplier is one that keeps the rows apart, and the names that come
 * often and are none of ours; should a new row share another's slot, it takes the next one. */
static inline unsigned
hdr_slot(struct hdr_words w)
{
	uint64_t key = (w.first ^ (w.last << 32 | w.last >> 32)) & 0xdfdfdfdfdfdfdfdf;

	return (unsigned)(key * 0x226cc25e92e4fbfb >> 55);
}

static inline bool
hdr_same_ends(struct str name, struct hdr_words w, enum hdr id)
{
	const struct hdr_match *m = &hdr_matches[id];

	return name.n == m->n && (w.first | m->case_bits.first) == m->lower.first &&
	       (w.last | m->case_bits.last) == m->lower.last;
}

static inline enum hdr
hdr_find(struct str name)
{
	struct hdr_words w;
	enum hdr id;

	if (UNLIKELY(name.n < 2))
		return HDR_OTHER;
	w = hdr_words(name);
	id = (enum hdr)hdr_slots[hdr_slot(w)];
	if (id == HDR_OTHER || (name.n <= 16 && LIKELY(hdr_same_ends(name, w, id))))
		return id;
	return hdr_search(name);
}

#endif
