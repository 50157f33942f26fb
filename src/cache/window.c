#include "cache/window_impl.h"

#include "base/must.h"

#define WINDOW_MAGIC 0x77696e64u

bool
window_init(struct window *w, size_t size, uint64_t base)
{
	struct block *b = block_new(base, BLOCK_SMALL);

	MUST(size > 0);
	if (b == NULL)
		return false;
	*w = (struct window){ .magic = WINDOW_MAGIC, .size = size, .base = base, .fastest = base };
	pthread_mutex_init(&w->lock, NULL);
	list_init(&w->readers);
	block_push(&w->own, b);
	return true;
}

void
window_fini(struct window *w, struct slots *slots)
{
	MUST_OBJ(w, WINDOW_MAGIC);
	MUST(list_empty(&w->readers));
	block_free_all(&w->run, slots);
	block_free_all(&w->own, NULL);
	pthread_mutex_destroy(&w->lock);
	w->magic = 0;
}

bool
window_adopt(struct window *w, void *slot, char *bytes, uint64_t at, size_t n)
{
	struct block *b = block_new(at, 0);

	if (b == NULL)
		return false;
	b->end = at + n;
	b->size = n;
	b->slot = slot;
	b->bytes = bytes;
	block_push(&w->run, b);
	return true;
}

static bool
is_private(const struct segs *s)
{
	return atomic_load_explicit(&s->private, memory_order_relaxed);
}

static struct window *
lock(const struct segs *s)
{
	struct window *w = atomic_load(&s->window);

	MUST_OBJ(w, WINDOW_MAGIC);
	MUST(is_private(s) || pthread_mutex_lock(&w->lock) == 0);
	return w;
}

static void
unlock(const struct segs *s, struct window *w)
{
	MUST(is_private(s) || pthread_mutex_unlock(&w->lock) == 0);
}

static struct block *
following(const struct window *w, const struct block *b)
{
	if (b->next == NULL && b->slot != NULL)
		return w->own.head;
	return b->next;
}

static void
drop_head(struct segs *s, struct blocks *q)
{
	struct block *b = block_pop(q);

	if (b->slot != NULL)
		atomic_fetch_sub_explicit(&s->held, slot_cap(s->slots, b->slot), memory_order_relaxed);
	b->dropped = true;
	if (b->refs == 0)
		block_free(b, s->slots);
}

/* May bytes go as soon as all readers passed them? Not while there are none, or some whose place is not known; nor
 * while everything still fits the window, since followers who have the head may be about to begin: unless none can
 * come. */
static bool
passed_may_go(const struct segs *s, const struct window *w)
{
	return !list_empty(&w->readers) && atomic_load(&s->bare) == 0 &&
	       (is_private(s) || segs_length(s) > w->size);
}

static void
drop_passed(struct segs *s, struct window *w)
{
	for (;;) {
		struct blocks *q = w->run.head != NULL ? &w->run : &w->own;

		if (q->head == w->own.tail || q->head->refs > 0)
			return;
		drop_head(s, q);
	}
}

/* Where a new reader finds everything from there on. */
static uint64_t
oldest(const struct window *w)
{
	if (w->run.head != NULL && w->own.head->at == w->base)
		return w->run.head->at;
	return w->own.head->at;
}

static void
release(struct segs *s, struct segs_reader *r)
{
	struct block *b = r->chunk;

	r->chunk = NULL;
	if (b != NULL && --b->refs == 0 && b->dropped)
		block_free(b, s->slots);
}

/* Moves the reader's hold to where its place lies, or to the last block where nothing is there yet. False where it has
 * fallen out. */
static bool
settle(struct segs *s, struct window *w, struct segs_reader *r)
{
	struct block *b = r->chunk;

	if (b == NULL || b->dropped)
		b = w->run.head != NULL ? w->run.head : w->own.head;
	while (r->at >= b->end && following(w, b) != NULL)
		b = following(w, b);
	if (r->at < b->at)
		return false;
	if (b == r->chunk)
		return true;
	release(s, r);
	b->refs++;
	r->chunk = b;
	return true;
}

/* A reader that is ahead of what there is holds the last block there was. Where that goes it takes the one it is in by
 * now, or the last: else nothing says that what comes next is not passed yet. One that has fallen out keeps what it
 * looks at, and is told when it looks again. */
static void
carry_over(struct segs *s, struct window *w)
{
	LIST_EACH(node, &w->readers) {
		struct segs_reader *r = LIST_OF(node, struct segs_reader, node);
		const struct block *b = r->chunk;

		if (b != NULL && b->dropped)
			(void)settle(s, w, r);
	}
}

static void
trim(struct segs *s, struct window *w)
{
	bool held = false;

	if (w->own.head == w->own.tail && w->run.head == NULL)
		return; /* the writer's block alone, which stays */
	while (w->own.head != w->own.tail && w->own.head->end + w->size < segs_length(s)) {
		held |= w->own.head->refs > 0;
		drop_head(s, &w->own);
	}
	if (held)
		carry_over(s, w);
	if (passed_may_go(s, w))
		drop_passed(s, w);
	atomic_store_explicit(&s->oldest, oldest(w), memory_order_relaxed);
}

/* The block to write into; a new one is as large as all that came before. NULL where memory is short. */
static struct block *
writable(const struct segs *s, struct window *w, size_t want)
{
	struct block *b = w->own.tail;
	uint64_t length = segs_length(s);

	if (length - b->at < b->size)
		return b;
	b = block_new(length, (size_t)lesser(greater(greater(length - w->base, want), BLOCK_SMALL), BLOCK_MAX));
	if (b != NULL)
		block_push(&w->own, b);
	return b;
}

char *
window_room(struct segs *s, size_t want, size_t *n, bool *full)
{
	struct window *w = lock(s);
	size_t room = window_left(s, w);
	struct block *b = room > 0 ? writable(s, w, want) : NULL;

	*full = w->waiting = room == 0;
	if (b != NULL)
		*n = (size_t)lesser(room, b->size - (b->end - b->at));
	unlock(s, w);
	return b == NULL ? NULL : b->bytes + (b->end - b->at); /* `end` is the writer's own */
}

void
window_publish(struct segs *s, size_t n)
{
	struct window *w = lock(s);
	struct block *b = w->own.tail;

	MUST(n <= b->size - (b->end - b->at));
	b->end += n;
	atomic_store_explicit(&s->length, b->end, memory_order_release);
	trim(s, w);
	unlock(s, w);
}

void
window_trim(struct segs *s)
{
	struct window *w = lock(s);

	trim(s, w);
	unlock(s, w);
}

/* It paces nobody any more, and holds nothing. */
static void
depart(struct segs *s, struct window *w, struct segs_reader *r)
{
	release(s, r);
	list_del(&r->node);
	r->hold = SEGS_HOLD_LOST;
	if (r->at == w->fastest && segs_state(s) == SEGS_ARRIVING)
		window_find_fastest(w);
}

static void
enlist(struct segs *s, struct window *w, struct segs_reader *r)
{
	if (r->hold == SEGS_HOLD_RUN)
		atomic_fetch_sub(&s->bare, 1);
	r->hold = SEGS_HOLD_BLOCK;
	r->chunk = NULL;
	list_add_tail(&w->readers, &r->node);
	if (settle(s, w, r))
		w->fastest = greater(w->fastest, r->at);
	else
		depart(s, w, r);
}

bool
window_enter(struct segs *s, struct segs_reader *r)
{
	struct window *w = lock(s);
	bool go_on;

	enlist(s, w, r);
	go_on = window_may_go_on(s, w);
	trim(s, w);
	unlock(s, w);
	return go_on;
}

bool
window_leave(struct segs *s, struct segs_reader *r)
{
	struct window *w = lock(s);
	bool go_on;

	if (r->hold == SEGS_HOLD_RUN)
		atomic_fetch_sub(&s->bare, 1);
	else if (r->hold == SEGS_HOLD_BLOCK)
		depart(s, w, r);
	go_on = segs_state(s) == SEGS_ARRIVING && window_may_go_on(s, w);
	trim(s, w);
	unlock(s, w);
	return go_on;
}

static enum segs_read
look(struct segs *s, struct window *w, struct segs_reader *r)
{
	enum segs_state state = segs_state(s);

	/* It was counted in window_left all along, so coming here tells the writer nothing new. */
	if (r->hold == SEGS_HOLD_RUN)
		enlist(s, w, r);
	if (r->hold == SEGS_HOLD_BLOCK && !settle(s, w, r))
		depart(s, w, r);
	if (r->hold == SEGS_HOLD_LOST)
		return SEGS_READ_LOST;
	if (r->at < ((const struct block *)r->chunk)->end)
		return SEGS_READ_DATA;
	return at_the_end(state);
}

enum segs_read
window_peek(struct segs *s, struct segs_reader *r, uint64_t max, struct iovec *iov)
{
	struct window *w = lock(s);
	enum segs_read what = look(s, w, r);
	const struct block *b = r->chunk;

	if (what == SEGS_READ_DATA)
		*iov = (struct iovec){ b->bytes + (r->at - b->at), (size_t)lesser(max, b->end - r->at) };
	trim(s, w);
	unlock(s, w);
	return what;
}

bool
window_took(struct segs *s, struct segs_reader *r, size_t n)
{
	struct window *w = lock(s);
	bool go_on;

	MUST(n == 0 || n <= segs_length(s) - r->at);
	r->at += n;
	if (r->hold == SEGS_HOLD_RUN)
		enlist(s, w, r);
	if (r->hold == SEGS_HOLD_BLOCK) {
		w->fastest = greater(w->fastest, r->at);
		settle(s, w, r); /* early, to let go; one that has fallen out is told when it looks again */
	}
	go_on = window_may_go_on(s, w);
	trim(s, w);
	unlock(s, w);
	return go_on;
}
