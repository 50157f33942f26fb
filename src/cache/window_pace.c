/* How far the writer of a window may go: so far ahead of its fastest reader as the window is large. */
#include "cache/window_impl.h"

/* The place of the furthest of those who are not ahead of the writer; where all are, UINT64_MAX. */
static uint64_t
furthest_behind(const struct window *w, uint64_t length)
{
	uint64_t place = UINT64_MAX;

	LIST_EACH(node, &w->readers) {
		const struct segs_reader *r = LIST_OF(node, struct segs_reader, node);

		if (r->at <= length && (place == UINT64_MAX || r->at > place))
			place = r->at;
	}
	return place;
}

/* How far the reader is that the writer keeps to. A reader of the run that has not come here yet is known by where it
 * began. One who wants a part far ahead does not drive the writer past all others, but waits until they are there. */
static uint64_t
pace_of(const struct segs *s, const struct window *w, uint64_t length)
{
	uint64_t pace = greater(w->fastest, atomic_load(&s->reach));

	return pace <= length ? pace : lesser(pace, furthest_behind(w, length));
}

size_t
window_left(const struct segs *s, const struct window *w)
{
	uint64_t length = segs_length(s);
	uint64_t pace = pace_of(s, w, length);
	uint64_t ahead = length > pace ? length - pace : 0;

	return ahead < w->size ? (size_t)(w->size - ahead) : 0;
}

/* Not each byte that a slow reader takes is worth a wake-up and a read from upstream. */
bool
window_may_go_on(const struct segs *s, struct window *w)
{
	size_t room;

	if (!w->waiting)
		return false;
	room = window_left(s, w);
	if (room == 0 || room < lesser(w->size / 4, BLOCK_MAX))
		return false;
	w->waiting = false;
	return true;
}

void
window_find_fastest(struct window *w)
{
	w->fastest = w->base;
	LIST_EACH(node, &w->readers) {
		const struct segs_reader *r = LIST_OF(node, struct segs_reader, node);

		w->fastest = greater(w->fastest, r->at);
	}
}
