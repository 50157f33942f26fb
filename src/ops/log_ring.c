#include "ops/log_ring.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/must.h"

#define LINE 64 /* of the processor's cache: what two threads write lies apart */

/* Invariants:
 * 1. head and tail count bytes since the start; head - tail <= size, and what lies between them is slots.
 * 2. A slot never goes around the end of the ring: where it would, an empty one fills the rest.
 * 3. All sizes are multiples of 8, so a slot's first two members always fit.
 */
struct slot {
	uint32_t size; /* all of it */
	uint32_t empty;
	struct record record;
	union addr client, upstream;
	alignas(8) char texts[]; /* in front of them a struct asker, where there is one */
};

struct asker {
	struct record_asker told;
	union addr peer;
};

#define SLOT_ALIGN 8
#define SLOT_HEAD  offsetof(struct slot, record)

_Static_assert(alignof(struct slot) <= SLOT_ALIGN && SLOT_HEAD <= SLOT_ALIGN, "slots lie at any multiple of 8");

struct log_ring {
	size_t size;
	char *bytes;
	alignas(LINE) atomic_size_t head; /* the worker's */
	size_t tail_seen;                 /* what the worker knows of tail */
	alignas(LINE) atomic_size_t tail; /* the log's thread's */
};

/* TEXT(member of struct record, bytes of it at most) */
#define TEXTS                                                                                                    \
	TEXT(method, 64)                                                                                         \
	TEXT(scheme, 16) TEXT(host, 512) TEXT(target, 8192) TEXT(upstream_group, 256) TEXT(upstream_member, 512) \
	    TEXT(referer, 2048) TEXT(user_agent, 1024) TEXT(content_type, 256)

#define RULE_MOST    64
#define USER_MOST    256
#define DETAILS_MOST 512

#define TEXT(member, most) +(most)
#define TEXTS_MOST         (RULE_MOST + USER_MOST + DETAILS_MOST TEXTS)

_Static_assert(sizeof(struct slot) + sizeof(struct asker) + TEXTS_MOST < LOG_RING_LEAST / 4,
	       "the longest record is small beside a ring");

struct log_ring *
log_ring_new(size_t size)
{
	struct log_ring *r;

	MUST(size >= LOG_RING_LEAST && (size & (size - 1)) == 0);
	r = aligned_alloc(LINE, sizeof *r);
	if (r == NULL)
		return NULL;
	*r = (struct log_ring){ .size = size, .bytes = calloc(1, size) };
	if (r->bytes == NULL)
		log_ring_free(&r);
	return r;
}

void
log_ring_free(struct log_ring **rp)
{
	struct log_ring *r = *rp;

	*rp = NULL;
	if (r == NULL)
		return;
	free(r->bytes);
	free(r);
}

static struct slot *
slot_at(const struct log_ring *r, size_t at)
{
	return (struct slot *)(void *)(r->bytes + (at & (r->size - 1)));
}

/* ---- the worker's side ---- */

static inline struct str
cut(struct str s, size_t most)
{
	return s.n > most ? str_head(s, most) : s;
}

static size_t
size_of(const struct record *rec)
{
	size_t n = sizeof(struct slot);

	if (UNLIKELY(rec->asker != NULL))
		n += sizeof(struct asker) + cut(rec->asker->rule, RULE_MOST).n + cut(rec->asker->user, USER_MOST).n;
	if (UNLIKELY(rec->details.n > 0))
		n += cut(rec->details, DETAILS_MOST).n;
#undef TEXT
#define TEXT(member, most) n += cut(rec->member, most).n;
	TEXTS
	return (n + SLOT_ALIGN - 1) & ~(size_t)(SLOT_ALIGN - 1);
}

/* Copies a text to `p`, and has it lie there from now on; returns what lies behind. */
static inline char *
keep(struct str *text, size_t most, char *p)
{
	size_t n = cut(*text, most).n;

	str_put(p, str_of(text->p, n));
	*text = str_of(p, n);
	return p + n;
}

static char *
keep_asker(struct record *rec, char *p)
{
	struct asker *a = (struct asker *)(void *)p;

	a->told = *rec->asker;
	if (a->told.peer != NULL) {
		a->peer = *a->told.peer;
		a->told.peer = &a->peer;
	}
	rec->asker = &a->told;
	return keep(&a->told.user, USER_MOST, keep(&a->told.rule, RULE_MOST, p + sizeof *a));
}

static void
fill(struct slot *s, size_t size, const struct record *rec)
{
	char *p = s->texts;

	s->size = (uint32_t)size;
	s->empty = false;
	s->record = *rec;
	if (rec->client != NULL) {
		s->client = *rec->client;
		s->record.client = &s->client;
	}
	if (rec->upstream != NULL) {
		s->upstream = *rec->upstream;
		s->record.upstream = &s->upstream;
	}
	if (UNLIKELY(rec->asker != NULL))
		p = keep_asker(&s->record, p);
#undef TEXT
#define TEXT(member, most) p = keep(&s->record.member, most, p);
	TEXTS
	if (UNLIKELY(rec->details.n > 0))
		keep(&s->record.details, DETAILS_MOST, p);
}

/* Is there room for `n` more? The reader's line is looked at only where what is known of it says no. */
static bool
has_room(struct log_ring *r, size_t head, size_t n)
{
	if (n <= r->size - (head - r->tail_seen))
		return true;
	r->tail_seen = atomic_load_explicit(&r->tail, memory_order_acquire);
	return n <= r->size - (head - r->tail_seen);
}

enum log_put
log_ring_put(struct log_ring *r, const struct record *rec)
{
	size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	size_t rest = r->size - (head & (r->size - 1));
	size_t size = size_of(rec), skip = size > rest ? rest : 0;

	if (!has_room(r, head, skip + size))
		return LOG_PUT_FULL;
	if (skip > 0) {
		slot_at(r, head)->size = (uint32_t)skip;
		slot_at(r, head)->empty = true;
		head += skip;
	}
	fill(slot_at(r, head), size, rec);
	head += size;
	atomic_store_explicit(&r->head, head, memory_order_release);
	return has_room(r, head, r->size / 2) ? LOG_PUT_FINE : LOG_PUT_HURRY;
}

/* ---- the other side ---- */

const struct record *
log_ring_peek(struct log_ring *r)
{
	size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	size_t head = atomic_load_explicit(&r->head, memory_order_acquire);

	if (tail != head && slot_at(r, tail)->empty) {
		tail += slot_at(r, tail)->size; /* a whole slot stands behind it: they are published together */
		atomic_store_explicit(&r->tail, tail, memory_order_release);
	}
	return tail == head ? NULL : &slot_at(r, tail)->record;
}

void
log_ring_took(struct log_ring *r)
{
	size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

	atomic_store_explicit(&r->tail, tail + slot_at(r, tail)->size, memory_order_release);
}
