/* What is remembered of a key or variant that is not stored: one word in a cell of its bucket (index_impl.h).
 * A time is 24 bits of seconds: 194 days, of which half are past and half to come. */
#include "cache/store_impl.h"

#include "base/clock.h"
#include "base/must.h"

#define NAME_MASK ((UINT64_C(1) << CELL_NAME_BITS) - 1)
#define HALF      (UINT64_C(1) << (CELL_TIME_BITS - 1))

/* No event is believed for longer. */
#define EVENT_MAX_S ((uint64_t)30 * 24 * 3600)

static const enum reason events[] = { REASON_EVICTED, REASON_DROPPED, REASON_PURGED, REASON_INVALIDATED };

static uint64_t
event_number(enum reason r)
{
	for (uint64_t i = 0; i < sizeof events / sizeof events[0]; i++)
		if (events[i] == r)
			return i;
	MUST_NOT_REACH();
}

/* ---- the word ---- */

static uint64_t
seconds(int64_t ms)
{
	return (uint64_t)(ms / MS_PER_S) & CELL_TIME_MASK;
}

static uint64_t
pack(enum cell_kind kind, uint64_t what, uint64_t order, int64_t at_ms, uint64_t name)
{
	return (uint64_t)kind << 62 | what << 56 | order << 48 | seconds(at_ms) << 24 | (name & NAME_MASK);
}

static uint64_t
time_of(uint64_t cell)
{
	return cell >> 24 & CELL_TIME_MASK;
}

static uint64_t
what_of(uint64_t cell)
{
	return cell >> 56 & 63;
}

/* Seconds from `a` to `b`; 0 where `b` is earlier, since clocks may be set back. */
static uint64_t
between(uint64_t a, uint64_t b)
{
	uint64_t d = (b - a) & CELL_TIME_MASK;

	return d < HALF ? d : 0;
}

/* ---- looking ---- */

/* The memory of that kind and name; c->count where there is none. */
static uint32_t
seek(const struct cells *c, uint64_t name, enum cell_kind kind)
{
	uint32_t i = cells_home(c, name);

	for (uint32_t n = cells_reach(c, false); n > 0; n--, i = cells_next(c, i)) {
		uint64_t cell = cells_get(c, i);

		if (cell_is_named(cell, name) && cell_kind(cell) == kind)
			return i;
	}
	return c->count;
}

void
ghost_find(const struct cells *c, uint64_t name, int64_t now_ms, struct ghost *out)
{
	uint32_t at = c == NULL ? 0 : seek(c, name, CELL_EVENT);
	uint64_t cell = c == NULL || at == c->count ? 0 : cells_get(c, at);

	*out = (struct ghost){ .event = REASON_NONE };
	if (cell_kind(cell) != CELL_EVENT || !cell_is_named(cell, name))
		return; /* none, or replaced since */
	out->event = events[what_of(cell) >> 4];
	out->worth = (unsigned)(what_of(cell) & GHOST_WORTH_MAX);
	out->order = (uint8_t)(cell >> 48);
	out->at_ms = (now_ms / MS_PER_S - (int64_t)between(time_of(cell), seconds(now_ms))) * MS_PER_S;
}

uint64_t
ghost_barred(const struct cells *c, uint64_t name, int64_t now_ms, uint8_t *why)
{
	uint32_t at = c == NULL ? 0 : seek(c, name, CELL_BARRED);
	uint64_t cell = c == NULL || at == c->count ? 0 : cells_get(c, at);

	if (cell_kind(cell) != CELL_BARRED || !cell_is_named(cell, name))
		return 0;
	*why = (uint8_t)what_of(cell);
	return between(seconds(now_ms), time_of(cell));
}

uint64_t
ghost_name(const struct store *s, struct hash128 key, struct str vary_names, struct str vary_values)
{
	uint64_t rule, values;

	if (vary_names.n == 0)
		return key.lo;
	rule = hash_keyed(&s->secret, vary_names).lo;
	values = hash_keyed(&s->secret, vary_values).lo;
	return key.lo ^ (rule << 7 | rule >> 57) ^ values;
}

/* ---- noting ---- */

static void
put(struct cells *c, uint64_t name, uint64_t cell, int64_t now_ms)
{
	uint32_t at = seek(c, name, cell_kind(cell));

	if (at == c->count)
		at = cells_spot(c, name, now_ms);
	if (at < c->count) /* else all are resources: it is forgotten */
		cells_put(c, at, name, cell);
}

void
ghost_note(struct cells *c, uint64_t name, const struct ghost *what)
{
	unsigned worth = what->worth < GHOST_WORTH_MAX ? what->worth : GHOST_WORTH_MAX;
	uint64_t number = event_number(what->event) << 4 | worth;

	put(c, name, pack(CELL_EVENT, number, what->order, what->at_ms, name), what->at_ms);
}

void
ghost_bar(struct cells *c, uint64_t name, uint8_t why, int64_t now_ms, int64_t for_ms)
{
	int64_t most = (int64_t)(HALF - 1) * MS_PER_S;

	MUST(why < 64);
	put(c, name, pack(CELL_BARRED, why, 0, now_ms + (for_ms < most ? for_ms : most), name), now_ms);
}

void
ghost_forget(struct cells *c, uint64_t name, enum cell_kind kind)
{
	uint32_t at = seek(c, name, kind);

	if (at < c->count)
		cells_set(c, at, 0);
}

/* ---- growing old ---- */

/* A mark that is in force goes last; one that has run out goes first. */
uint64_t
ghost_staleness(uint64_t cell, int64_t now_ms)
{
	if (cell_kind(cell) == CELL_EVENT)
		return between(time_of(cell), seconds(now_ms));
	return between(seconds(now_ms), time_of(cell)) > 0 ? 0 : UINT64_MAX;
}

void
ghost_age(struct cells *c, int64_t now_ms)
{
	for (uint32_t i = 0; i < c->count; i++) {
		uint64_t cell = cells_get(c, i);

		if (cell >> 63 == 1 && ghost_staleness(cell, now_ms) > EVENT_MAX_S)
			cells_set(c, i, 0);
	}
}
