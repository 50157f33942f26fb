/* What head.c, head_parse.c and head_odd.c share. Private to http/. */
#ifndef CAIRN_HTTP_HEAD_IMPL_H
#define CAIRN_HTTP_HEAD_IMPL_H

#include "base/must.h"
#include "http/head.h"

/* Makes the table larger. False where the arena is full. */
bool head_grow(struct head *h);

/* Room for one more? */
static inline bool
head_room(struct head *h)
{
	return h->count < h->cap || head_grow(h);
}

/* One more with this id is there. Nobody asks for those that have none. */
static inline void
head_mark(struct head *h, unsigned id)
{
	uint64_t bit = (uint64_t)1 << (id % 64), before = h->present[id / 64];

	if (id == HDR_OTHER)
		return;
	h->repeated |= before & bit;
	h->present[id / 64] = before | bit;
}

/* The lengths fit struct field. */
static inline void
head_put(struct field *f, enum hdr id, struct str name, struct str value)
{
	f->name = name.p;
	f->value = value.p;
	f->value_n = (uint32_t)value.n;
	f->name_n = (uint16_t)name.n;
	f->id = (uint16_t)id;
}

/* After head_room. The lengths fit struct field. */
static inline void
head_push(struct head *h, enum hdr id, struct str name, struct str value)
{
	head_put(&h->fields[h->count++], id, name, value);
	head_mark(h, id);
}

/* ---- the parser ---- */

enum head_kind { HEAD_REQUEST, HEAD_RESPONSE, HEAD_TRAILERS };

/* One call of it. */
struct head_pass {
	struct head *h;
	struct head_scan *scan;
	const struct head_limits *limits;
	const char *end; /* of the bytes there are, or of those that are allowed */
	uint32_t room;   /* fields that the table has room for, and that are allowed */
	enum head_kind kind;
	enum fault fault;
};

/* Does a name of this length fit struct field? */
static inline bool
head_name_fits(size_t n)
{
	return n > 0 && n <= UINT16_MAX;
}

#define HEAD_VERSION_N 8 /* "HTTP/1.1" */

/* `odd` is the fault where it looks like no version at all. */
static inline enum fault
head_version(const char *p, int *minor, enum fault odd)
{
	*minor = 1;
	if (LIKELY(memcmp(p, "HTTP/1.1", HEAD_VERSION_N) == 0))
		return FAULT_NONE;
	if (memcmp(p, "HTTP/", 5) != 0 || !ascii_digit(p[5]) || p[6] != '.' || !ascii_digit(p[7]))
		return odd;
	*minor = p[7] != '0';
	return p[5] == '1' ? FAULT_NONE : FAULT_VERSION;
}

/* Is the first byte of a request line one that none begins with? Then there is no use in waiting for the rest: somebody
 * speaks TLS, say. */
bool head_begins_nothing(struct str line);

/* The next three are head_odd.c's. A line is complete; `line` is what precedes its LF. */

/* What is wrong with a start line that take_start did not take. */
enum fault head_odd_start(const struct head_pass *x, struct str line);

/* What is wrong with a field line that was not taken. FAULT_NONE: it came from an upstream that may send such, and has
 * been taken now. */
enum fault head_odd_field(struct head_pass *x, struct str line);

/* Takes the folds out of values. False where the arena is full. */
bool head_unfold(struct head *h);

#endif
