/* Stored runs: chunks in the store's memory. */
#include "cache/run_impl.h"

#include "base/must.h"
#include "cache/window_impl.h"

#define CHUNK_MIN ((size_t)4096)
#define FAR       64u

/* One slot of a run. All but the links is written before the first byte behind it is published, and frozen then. */
struct chunk {
	_Atomic uint64_t next; /* offset of its slot; 0: none */
	_Atomic uint64_t far;  /* of every FAR-th: the one FAR further on; 0: none yet */
	uint64_t at;           /* position of bytes[0] */
	size_t size;
	char bytes[];
};

static struct chunk *
chunk_at(const struct segs *s, uint64_t offset)
{
	return offset == 0 ? NULL : slot_at(s->slots, offset);
}

static struct chunk *
first_chunk(const struct segs *s)
{
	return chunk_at(s, atomic_load_explicit(&s->first, memory_order_acquire));
}

static struct chunk *
next_chunk(const struct segs *s, const struct chunk *c)
{
	return chunk_at(s, atomic_load_explicit(&c->next, memory_order_acquire));
}

void
run_free(struct segs *s)
{
	struct chunk *c = first_chunk(s);

	while (c != NULL) {
		struct chunk *next = next_chunk(s, c);

		slot_free(s->slots, c);
		c = next;
	}
}

/* How large a slot the next chunk should have: what is known to be missing, else as much again as there is already. */
static size_t
next_slot(const struct segs *s, uint64_t length, size_t want)
{
	uint64_t bytes = length < s->hint ? s->hint - length : greater(greater(length, want), CHUNK_MIN);

	return sizeof(struct chunk) + (size_t)lesser(bytes, SLOT_MAX - sizeof(struct chunk));
}

/* Every FAR-th chunk is linked to the next such one, so that a place deep in a large body is soon found. */
static void
link_far(struct segs *s, struct chunk *c, uint64_t offset)
{
	if (s->milestone != NULL && ++s->since < FAR)
		return;
	if (s->milestone != NULL)
		atomic_store_explicit(&s->milestone->far, offset, memory_order_release);
	s->milestone = c;
	s->since = 0;
}

static bool
append_chunk(struct segs *s, size_t want)
{
	uint64_t length = segs_length(s);
	size_t cap;
	struct chunk *c = slot_alloc(s->slots, next_slot(s, length, want), SLOT_CHUNK, &cap);
	uint64_t offset;

	if (c == NULL)
		return false;
	*c = (struct chunk){ .at = length, .size = cap - sizeof *c };
	offset = slot_offset(s->slots, c);
	atomic_store_explicit(s->tail == NULL ? &s->first : &s->tail->next, offset, memory_order_release);
	s->tail = c;
	link_far(s, c, offset);
	atomic_fetch_add_explicit(&s->held, cap, memory_order_relaxed);
	return true;
}

/* Bytes of the last chunk that are in use. */
static size_t
tail_used(const struct segs *s)
{
	return (size_t)(segs_length(s) - s->tail->at);
}

char *
run_room(struct segs *s, size_t want, size_t *n)
{
	if ((s->tail == NULL || tail_used(s) == s->tail->size) && !append_chunk(s, want))
		return NULL;
	*n = s->tail->size - tail_used(s);
	return s->tail->bytes + tail_used(s);
}

bool
run_has_room(const struct segs *s, size_t n)
{
	return n == 0 || (s->tail != NULL && n <= s->tail->size - tail_used(s));
}

bool
run_hand_over(struct segs *s, struct window *w)
{
	for (struct chunk *c = first_chunk(s); c != NULL; c = next_chunk(s, c)) {
		size_t n = (size_t)lesser(segs_length(s) - c->at, c->size);

		if (!window_adopt(w, c, c->bytes, c->at, n))
			return false;
	}
	return true;
}

/* The chunk in which the byte at `pos` lies, which is published, looking from `c` on. */
static const struct chunk *
seek(const struct segs *s, const struct chunk *c, uint64_t pos)
{
	if (c == NULL)
		c = first_chunk(s);
	while (pos - c->at >= c->size) {
		const struct chunk *far = chunk_at(s, atomic_load_explicit(&c->far, memory_order_acquire));

		c = far != NULL && far->at <= pos ? far : next_chunk(s, c);
	}
	return c;
}

const struct chunk *
run_gather(const struct segs *s, const struct chunk *from, uint64_t pos, uint64_t n, struct iovec *iov, int *count)
{
	const struct chunk *start = seek(s, from, pos), *c = start;
	int i = 0;

	while (n > 0 && i < *count) {
		size_t skip = (size_t)(pos - c->at);
		size_t len = (size_t)lesser(n, c->size - skip);

		iov[i++] = (struct iovec){ (char *)(uintptr_t)c->bytes + skip, len };
		pos += len;
		n -= len;
		if (n > 0)
			c = next_chunk(s, c);
	}
	*count = i;
	return start;
}
