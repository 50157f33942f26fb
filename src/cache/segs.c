#include "cache/segs.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "cache/run_impl.h"
#include "cache/window_impl.h"

#define LARGE ((uint64_t)4 * 1024 * 1024)

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

static void
give_back(struct segs *s)
{
	struct slots *slots = s->slots;
	struct window *w = atomic_load(&s->window);

	if (w != NULL)
		window_fini(w, slots);
	else if (!s->small)
		run_free(s);
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

const char *
segs_small(const struct segs *s)
{
	return s->small ? (const char *)(s + 1) : NULL;
}

static char *
room_of_small(struct segs *s, size_t *n, bool *full)
{
	uint64_t length = segs_length(s);

	*full = false;
	*n = (size_t)(s->hint - length);
	return *n == 0 ? NULL : small_at(s, length);
}

/* What follows is called for each piece of each body, and most that are not stored yet are small: the other kinds, of which
 * more has to be known, are kept out of the way. */
static __attribute__((noinline)) char *
room_of_others(struct segs *s, size_t want, size_t *n, bool *full)
{
	if (segs_is_window(s))
		return window_room(s, want, n, full);
	*full = false;
	return run_room(s, want, n);
}

char *
segs_room(struct segs *s, size_t want, size_t *n, bool *full)
{
	MUST_OBJ(s, SEGS_MAGIC);
	MUST(segs_state(s) == SEGS_ARRIVING);
	return s->small ? room_of_small(s, n, full) : room_of_others(s, want, n, full);
}

static void
add_length(struct segs *s, size_t n)
{
	atomic_store_explicit(&s->length, segs_length(s) + n, memory_order_release);
}

static __attribute__((noinline)) void
publish_others(struct segs *s, size_t n)
{
	if (segs_is_window(s)) {
		window_publish(s, n);
		return;
	}
	MUST(run_has_room(s, n));
	add_length(s, n);
}

void
segs_publish(struct segs *s, size_t n)
{
	MUST_OBJ(s, SEGS_MAGIC);
	MUST(segs_state(s) == SEGS_ARRIVING);
	if (!s->small) {
		publish_others(s, n);
		return;
	}
	MUST(n <= s->hint - segs_length(s));
	add_length(s, n);
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
	if (!run_hand_over(s, w)) {
		window_fini(w, NULL);
		free(w);
		return false;
	}
	s->tail = NULL;
	atomic_store(&s->window, w);
	return true;
}

static void
copy_run(const struct segs *s, uint64_t from, size_t n, char *out)
{
	const struct chunk *c = NULL;

	while (n > 0) {
		struct iovec iov;
		int count = 1;

		c = run_gather(s, c, from, n, &iov, &count);
		memcpy(out, iov.iov_base, iov.iov_len);
		out += iov.iov_len;
		from += iov.iov_len;
		n -= iov.iov_len;
	}
}

void
segs_copy(const struct segs *s, uint64_t from, size_t n, char *out)
{
	MUST_OBJ(s, SEGS_MAGIC);
	MUST(!segs_is_window(s) && from <= segs_length(s) && n <= segs_length(s) - from);
	if (s->small)
		memcpy(out, segs_small(s) + from, n);
	else
		copy_run(s, from, n, out);
}

void
segs_thread_end(void)
{
	mem_free_spares(&passing);
	mem_free_spares(&small);
	block_thread_end();
}
