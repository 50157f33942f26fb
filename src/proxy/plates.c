#include "proxy/plates.h"

#include <stdlib.h>

#include "base/must.h"

#define NAMES_KINDS (NAMES_OFF + 1)
#define READERS     (NAMES_KINDS * 2) /* with history and without */

/* What is known of one: nothing yet, that there is none, or where it is. */
struct place {
	bool tried;
	struct plate *plate;
};

struct plates {
	unsigned listeners;
	struct place places[][READERS];
};

struct plates *
plates_new(unsigned listeners)
{
	struct plates *p = calloc(1, sizeof *p + listeners * sizeof p->places[0]);

	if (p != NULL)
		p->listeners = listeners;
	return p;
}

void
plates_forget(struct plates *p)
{
	for (unsigned i = 0; i < p->listeners; i++)
		for (unsigned j = 0; j < READERS; j++) {
			free(p->places[i][j].plate);
			p->places[i][j] = (struct place){ 0 };
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

static void
make(struct place *place, const struct plate_order *o)
{
	struct plate *plate = malloc(sizeof *plate);

	place->tried = true;
	if (plate != NULL && plate_make(plate, o))
		place->plate = plate;
	else
		free(plate);
}

const struct plate *
plates_get(struct plates *p, const struct conf *c, const struct worker_listener *l, const struct audience *who)
{
	struct place *place;

	MUST(l->index < p->listeners);
	place = &p->places[l->index][who->names * 2 + who->history];
	if (UNLIKELY(!place->tried)) {
		const struct plate_order o = { &c->trail.node, who, worker_shown_port(c, l),
					       conf_adds_via(c, &c->listeners[l->index]) };

		make(place, &o);
	}
	return place->plate;
}

bool
plates_suit(const struct stored *s, const struct meta *m)
{
	return !(m->flags & META_HTTP_1_0) && stored_chain(s).n == 0 && stored_field(s, HDR_VIA).p == NULL &&
	       stored_field(s, HDR_PROXY_STATUS).p == NULL;
}
