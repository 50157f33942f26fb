/* Readers of a body, of whichever kind it is. Most that are not stored yet are small, where nothing can move: the other
 * kinds, of which more has to be known, are kept out of the way. */
#include "base/must.h"
#include "cache/run_impl.h"
#include "cache/window_impl.h"

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

void
segs_reader_borrow(struct segs_reader *r, struct segs *s, uint64_t at)
{
	MUST(segs_state(s) != SEGS_ARRIVING && !segs_is_window(s));
	*r = (struct segs_reader){ .segs = s, .at = at, .borrowed = true };
}

/* Where something could move. */
static __attribute__((noinline)) bool
let_go(struct segs *s, struct segs_reader *r)
{
	bool go_on = false;

	if (segs_is_window(s))
		go_on = window_leave(s, r);
	else if (r->hold == SEGS_HOLD_RUN)
		atomic_fetch_sub(&s->bare, 1);
	r->hold = SEGS_HOLD_NONE;
	return go_on;
}

bool
segs_reader_fini(struct segs_reader *r)
{
	bool go_on;

	if (r->segs == NULL)
		return false;
	go_on = r->hold != SEGS_HOLD_NONE && let_go(r->segs, r);
	r->chunk = NULL;
	if (!r->borrowed)
		segs_unref(&r->segs);
	r->segs = NULL;
	return go_on;
}

static enum segs_read
peek_small(struct segs_reader *r, uint64_t max, struct iovec *iov, int *count)
{
	struct segs *s = r->segs;
	enum segs_state state = segs_state(s); /* before the length, which an end makes final */
	uint64_t length = segs_length(s);

	*count = r->at < length;
	if (r->at >= length)
		return at_the_end(state);
	*iov = (struct iovec){ small_at(s, r->at), (size_t)lesser(max, length - r->at) };
	return SEGS_READ_DATA;
}

static __attribute__((noinline)) enum segs_read
peek_others(struct segs_reader *r, uint64_t max, struct iovec *iov, int *count)
{
	struct segs *s = r->segs;
	enum segs_state state = segs_state(s); /* before the length, as above */
	uint64_t length = segs_length(s);

	/* After the length: bytes that were published behind the run's end imply that the window is seen. */
	if (segs_is_window(s)) {
		*count = 1;
		return window_peek(s, r, max, iov);
	}
	if (r->at >= length) {
		*count = 0;
		return at_the_end(state);
	}
	r->chunk = (void *)(uintptr_t)run_gather(s, r->chunk, r->at, lesser(max, length - r->at), iov, count);
	return SEGS_READ_DATA;
}

enum segs_read
segs_reader_peek(struct segs_reader *r, uint64_t max, struct iovec *iov, int *count)
{
	MUST(max > 0 && *count > 0);
	return r->segs->small ? peek_small(r, max, iov, count) : peek_others(r, max, iov, count);
}

bool
segs_reader_took(struct segs_reader *r, size_t n)
{
	if (UNLIKELY(segs_is_window(r->segs)))
		return window_took(r->segs, r, n);
	MUST(n == 0 || n <= segs_length(r->segs) - r->at);
	r->at += n;
	return false;
}
