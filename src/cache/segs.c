#include "cache/segs.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "cache/window_impl.h"

#define CHUNK_MIN ((size_t)4096)
#define LARGE     ((uint64_t)4 * 1024 * 1024)
#define FAR       64u

/* One slot of a run. All but the links is written before the first byte behind it is published, and frozen then. */
struct chunk {
	_Atomic uint64_t next; /* offset of its slot; 0: none */
	_Atomic uint64_t far;  /* of every FAR-th: the one FAR further on; 0: none yet */
	uint64_t at;           /* position of bytes[0] */
	size_t size;
	char bytes[];
};

/* A body that is a window from the start. */
struct passing {
	struct segs segs;
	struct window window;
};

/* Each response that is fetched has one or the other. */
static _Thread_local struct mem_spares passing = { .most = 64 }, small = { .most = 64 };

static struct segs *
init(struct segs *s, struct slots *slots)
{
	*s = (struct segs){ .magic = SEGS_MAGIC, .slots = slots };
	atomic_init(&s->refs, 1);
	return s;
}

struct segs *
segs_new_stored(struct slots *slots, uint64_t hint)
{
	size_t cap;
	struct segs *s = slot_alloc(slots, sizeof *s, SLOT_CHUNK, &cap);

	if (s == NULL)
		return NULL;
	init(s, slots);
	s->hint = hint;
	atomic_init(&s->held, cap);
	return s;
}

struct segs *
segs_new_window(size_t window)
{
	void *spare = mem_spare(&passing);
	struct passing *p = spare != NULL ? spare : malloc(sizeof *p);

	if (p == NULL || !window_init(&p->window, window, 0)) {
		free(p);
		return NULL;
	}
	init(&p->segs, NULL);
	atomic_init(&p->segs.window, &p->window);
	return &p->segs;
}

struct segs *
segs_new_small(uint64_t length)
{
	struct segs *s = mem_spare(&small);

	MUST(length <= SEGS_SMALL);
	if (s == NULL)
		s = malloc(sizeof *s + SEGS_SMALL);
	if (s == NULL)
		return NULL;
	init(s, NULL);
	s->small = true;
	s->hint = length;
	return s;
}

struct segs *
segs_ref(struct segs *s)
{
	MUST_OBJ(s, SEGS_MAGIC);
	atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
	return s;
}

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

static void
free_run(struct segs *s)
{
	struct chunk *c = first_chunk(s);

	while (c != NULL) {
		struct chunk *next = next_chunk(s, c);

		slot_free(s->slots, c);
		c = next;
	}
}

static void
give_back(struct segs *s)
{
	struct slots *slots = s->slots;
	struct window *w = atomic_load(&s->window);

	if (w != NULL)
		window_fini(w, slots);
	else if (!s->small)
		free_run(s);
	s->magic = 0;
	if (s->small) {
		mem_give_back(&small, s);
	} else if (slots == NULL) {
		mem_give_back(&passing, LIST_OF(s, struct passing, segs));
	} else {
		free(w);
		slot_free(slots, s);
	}
}

static void
give_back_later(struct rcu_later *later)
{
	give_back(LIST_OF(later, struct segs, later));
}

/* A large one has thousands of slots: they are given back by the thread that runs deferred calls, and hold up no worker. */
static void
destroy(struct segs *s)
{
	MUST(atomic_load(&s->bare) == 0);
	if (segs_held(s) > LARGE)
		rcu_defer(&s->later, give_back_later);
	else
		give_back(s);
}

void
segs_unref(struct segs **sp)
{
	struct segs *s = *sp;

	if (s == NULL)
		return;
	MUST_OBJ(s, SEGS_MAGIC);
	*sp = NULL;
	if (atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) == 1)
		destroy(s);
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

const char *
segs_small(const struct segs *s)
{
	return s->small ? (const char *)(s + 1) : NULL;
}

static char *
room_of_small(struct segs *s, size_t *n, bool *full)
{
	*full = false;
	*n = (size_t)(s->hint - segs_length(s));
	return *n == 0 ? NULL : (char *)(s + 1) + segs_length(s);
}

/* Bytes of the last chunk that are in use. */
static size_t
tail_used(const struct segs *s)
{
	return (size_t)(segs_length(s) - s->tail->at);
}

char *
segs_room(struct segs *s, size_t want, size_t *n, bool *full)
{
	MUST_OBJ(s, SEGS_MAGIC);
	MUST(segs_state(s) == SEGS_ARRIVING);
	if (s->small)
		return room_of_small(s, n, full);
	if (segs_is_window(s))
		return window_room(s, want, n, full);
	*full = false;
	if ((s->tail == NULL || tail_used(s) == s->tail->size) && !append_chunk(s, want))
		return NULL;
	*n = s->tail->size - tail_used(s);
	return s->tail->bytes + tail_used(s);
}

void
segs_publish(struct segs *s, size_t n)
{
	MUST_OBJ(s, SEGS_MAGIC);
	MUST(segs_state(s) == SEGS_ARRIVING);
	if (segs_is_window(s)) {
		window_publish(s, n);
		return;
	}
	if (s->small)
		MUST(n <= s->hint - segs_length(s));
	else
		MUST(n == 0 || (s->tail != NULL && n <= s->tail->size - tail_used(s)));
	atomic_store_explicit(&s->length, segs_length(s) + n, memory_order_release);
}

void
segs_end(struct segs *s, enum segs_state how)
{
	MUST_OBJ(s, SEGS_MAGIC);
	MUST(how != SEGS_ARRIVING && segs_state(s) == SEGS_ARRIVING);
	atomic_store(&s->state, how);
}

void
segs_private(struct segs *s)
{
	MUST_OBJ(s, SEGS_MAGIC);
	atomic_store_explicit(&s->private, true, memory_order_relaxed);
	if (segs_is_window(s))
		window_trim(s);
}

uint64_t
segs_length(const struct segs *s)
{
	return atomic_load_explicit(&s->length, memory_order_acquire);
}

uint64_t
segs_oldest(const struct segs *s)
{
	return atomic_load_explicit(&s->oldest, memory_order_relaxed);
}

enum segs_state
segs_state(const struct segs *s)
{
	return atomic_load(&s->state);
}

bool
segs_is_window(const struct segs *s)
{
	return atomic_load(&s->window) != NULL;
}

uint64_t
segs_held(const struct segs *s)
{
	return atomic_load_explicit(&s->held, memory_order_relaxed);
}

static bool
adopt_run(struct segs *s, struct window *w)
{
	for (struct chunk *c = first_chunk(s); c != NULL; c = next_chunk(s, c)) {
		size_t n = (size_t)lesser(segs_length(s) - c->at, c->size);

		if (!window_adopt(w, c, c->bytes, c->at, n))
			return false;
	}
	return true;
}

bool
segs_unstore(struct segs *s, size_t window)
{
	struct window *w;

	MUST_OBJ(s, SEGS_MAGIC);
	MUST(segs_state(s) == SEGS_ARRIVING && !segs_is_window(s));
	if (s->small)
		return true;
	w = malloc(sizeof *w);
	if (w == NULL || !window_init(w, window, segs_length(s))) {
		free(w);
		return false;
	}
	if (!adopt_run(s, w)) {
		window_fini(w, NULL);
		free(w);
		return false;
	}
	s->tail = NULL;
	atomic_store(&s->window, w);
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

/* Lists `n` published bytes from `pos` on; returns the chunk that the first of them is in, where they lie in chunks. */
static const struct chunk *
gather(const struct segs *s, const struct chunk *from, uint64_t pos, uint64_t n, struct iovec *iov, int *count)
{
	const struct chunk *start, *c;
	int i = 0;

	if (s->small) {
		*iov = (struct iovec){ (char *)(uintptr_t)segs_small(s) + pos, (size_t)n };
		*count = 1;
		return NULL;
	}
	start = c = seek(s, from, pos);
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

void
segs_copy(const struct segs *s, uint64_t from, size_t n, char *out)
{
	const struct chunk *c = NULL;

	MUST_OBJ(s, SEGS_MAGIC);
	MUST(!segs_is_window(s) && from <= segs_length(s) && n <= segs_length(s) - from);
	while (n > 0) {
		struct iovec iov;
		int count = 1;

		c = gather(s, c, from, n, &iov, &count);
		memcpy(out, iov.iov_base, iov.iov_len);
		out += iov.iov_len;
		from += iov.iov_len;
		n -= iov.iov_len;
	}
}

static void
raise_reach(struct segs *s, uint64_t at)
{
	uint64_t was = atomic_load(&s->reach);

	while (was < at && !atomic_compare_exchange_weak(&s->reach, &was, at))
		;
}

bool
segs_reader_init(struct segs_reader *r, struct segs *s, uint64_t at)
{
	*r = (struct segs_reader){ .segs = segs_ref(s), .at = at };
	if (s->small)
		return false; /* nothing can move */
	if (segs_is_window(s))
		return window_enter(s, r);
	if (segs_state(s) != SEGS_ARRIVING && !segs_is_window(s))
		return false; /* it can no longer become a window */
	raise_reach(s, at);
	r->hold = SEGS_HOLD_RUN;
	atomic_fetch_add(&s->bare, 1);
	return segs_is_window(s) && window_enter(s, r);
}

bool
segs_reader_fini(struct segs_reader *r)
{
	struct segs *s = r->segs;
	bool go_on = false;

	if (s == NULL)
		return false;
	if (r->hold != SEGS_HOLD_NONE && segs_is_window(s))
		go_on = window_leave(s, r);
	else if (r->hold == SEGS_HOLD_RUN)
		atomic_fetch_sub(&s->bare, 1);
	r->hold = SEGS_HOLD_NONE;
	r->chunk = NULL;
	segs_unref(&r->segs);
	return go_on;
}

enum segs_read
segs_reader_peek(struct segs_reader *r, uint64_t max, struct iovec *iov, int *count)
{
	struct segs *s = r->segs;
	enum segs_state state = segs_state(s); /* before the length, which an end makes final */
	uint64_t length = segs_length(s);

	MUST(max > 0 && *count > 0);
	/* After the length: bytes that were published behind the run's end imply that the window is seen. */
	if (segs_is_window(s)) {
		*count = 1;
		return window_peek(s, r, max, iov);
	}
	if (r->at >= length) {
		*count = 0;
		return at_the_end(state);
	}
	r->chunk = (void *)(uintptr_t)gather(s, r->chunk, r->at, lesser(max, length - r->at), iov, count);
	return SEGS_READ_DATA;
}

bool
segs_reader_took(struct segs_reader *r, size_t n)
{
	if (segs_is_window(r->segs))
		return window_took(r->segs, r, n);
	MUST(n == 0 || n <= segs_length(r->segs) - r->at);
	r->at += n;
	return false;
}

void
segs_thread_end(void)
{
	mem_free_spares(&passing);
	mem_free_spares(&small);
	block_thread_end();
}
