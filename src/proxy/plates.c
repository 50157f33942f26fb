#include "proxy/plates.h"

#include <stdlib.h>

#include "base/must.h"

#define NAMES_KINDS (NAMES_OFF + 1)
#define READERS     (NAMES_KINDS * 2) /* with history and without */

#define PLACES_BITS 5
#define PLACES      (1u << PLACES_BITS) /* for each listener and reader: an open table, */
#define PLACES_MOST 24                  /* which is not filled further than this */

/* What is known of verdicts in these words: that there is no plate, or where it is. */
struct place {
	uint64_t words; /* 0: it is free */
	struct plate *plate;
};

struct reader {
	unsigned count;
	struct place places[PLACES];
};

struct plates {
	unsigned listeners;
	struct reader readers[][READERS];
};

struct plates *
plates_new(unsigned listeners)
{
	struct plates *p = calloc(1, sizeof *p + listeners * sizeof p->readers[0]);

	if (p != NULL)
		p->listeners = listeners;
	return p;
}

void
plates_forget(struct plates *p)
{
	for (unsigned i = 0; i < p->listeners; i++)
		for (unsigned j = 0; j < READERS; j++) {
			for (unsigned k = 0; k < PLACES; k++)
				free(p->readers[i][j].places[k].plate);
			p->readers[i][j] = (struct reader){ 0 };
		}
}

void
plates_free(struct plates **pp)
{
	if (*pp != NULL)
		plates_forget(*pp);
	free(*pp);
	*pp = NULL;
}

_Static_assert(LOOKUP_HIT < 4 && FWD_PARTIAL < 16 && COLLAPSED_TRIED < 4 && REASON_COUNT <= 256, "words_of packs these");

/* All of a verdict that is not a number of a plate, and no error. Never 0. */
static inline uint64_t
words_of(const struct verdict *v, bool age)
{
	unsigned bits = 1u | (unsigned)v->hit << 1 | (unsigned)v->made_up << 2 | (unsigned)v->asked << 3 |
			(unsigned)v->stored << 4 | (unsigned)v->has_ttl << 5 | (unsigned)v->replayed << 6 |
			(unsigned)age << 7 | (unsigned)v->lookup << 8 | (unsigned)v->collapsed << 10 |
			(unsigned)v->fwd << 12 | (unsigned)v->reason << 16;

	return bits | (uint64_t)(uint32_t)v->fwd_status << 32;
}

/* Where these words are, or may be put. */
static struct place *
place_of(struct reader *reader, uint64_t words)
{
	unsigned at = (unsigned)(words * UINT64_C(0x9e3779b97f4a7c15) >> (64 - PLACES_BITS));

	while (reader->places[at].words != words && reader->places[at].words != 0)
		at = (at + 1) % PLACES;
	return &reader->places[at];
}

__attribute__((cold, noinline)) static void
make(struct place *place, uint64_t words, const struct plate_order *o)
{
	struct plate *plate = malloc(sizeof *plate);

	place->words = words;
	if (plate != NULL && plate_make(plate, o))
		place->plate = plate;
	else
		free(plate);
}

const struct plate *
plates_get(struct plates *p, const struct conf *c, const struct worker_listener *l, const struct audience *who,
	   const struct verdict *v, bool age)
{
	uint64_t words = words_of(v, age);
	struct reader *reader;
	struct place *place;

	MUST(l->index < p->listeners);
	if (v->error != PROXY_ERROR_NONE || v->ttl < 0) /* an error has words of its own; plates print no sign */
		return NULL;
	reader = &p->readers[l->index][who->names * 2 + who->history];
	place = place_of(reader, words);
	if (UNLIKELY(place->words == 0) && reader->count < PLACES_MOST) {
		const struct plate_order o = { &c->trail.node, who, v, worker_shown_port(c, l), age,
					       conf_adds_via(c, &c->listeners[l->index]) };

		reader->count++;
		make(place, words, &o);
	}
	return place->plate;
}

bool
plates_suit(const struct stored *s, const struct meta *m)
{
	return !(m->flags & META_HTTP_1_0) && !stored_tells_of_tiers(s);
}
