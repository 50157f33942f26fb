#include "steps.h"

#include <string.h>

#include "check.h"
#include "world.h"

#define ASKS_A_STEP 8 /* numbers kept for the requests of one step */

static struct steps_totals totals;

/* ---- what may happen ---- */

static struct client *
idle_client(struct world *w, struct dice *d)
{
	unsigned from = dice_below(d, WORLD_CLIENTS);

	for (unsigned i = 0; i < WORLD_CLIENTS; i++) {
		struct client *c = &w->clients[(from + i) % WORLD_CLIENTS];

		if (c->ask == NULL)
			return c;
	}
	return NULL;
}

static void
make_ask(struct world *w, struct dice *d, struct ask *q)
{
	unsigned place = dice_below(d, WORLD_URLS);
	struct ask_world known = { WORLD_URLS, w->places[place].known_rep, w->places[place].modified };
	unsigned id = q->id;

	ask_random(q, d, &known);
	q->id = id;
}

static void
send_ask(struct world *w, struct client *c, const struct ask *q)
{
	client_ask(w, c, q);
	check_expect(w, c);
	if (!ask_is_safe(q))
		w->places[q->url].expected.base = NULL;
	totals.replies++;
}

static void
ask(struct world *w, struct dice *d, unsigned id)
{
	struct client *c = idle_client(w, d);
	struct ask *q;

	if (c == NULL)
		return;
	q = world_ask(w, id);
	make_ask(w, d, q);
	send_ask(w, c, q);
}

/* Several ask for the same at once: most of them in the same words, so that one fetch may do for all. */
static void
ask_together(struct world *w, struct dice *d, unsigned id)
{
	unsigned many = 2 + dice_below(d, 3);
	struct ask first, *q;

	memset(&first, 0, sizeof first);
	make_ask(w, d, &first);
	for (unsigned i = 0; i < many; i++) {
		struct client *c = idle_client(w, d);

		if (c == NULL)
			return;
		q = world_ask(w, id + i);
		make_ask(w, d, q);
		q->url = first.url;
		if (dice_percent(d, 70)) {
			*q = first;
			q->id = id + i;
		}
		send_ask(w, c, q);
		if (dice_percent(d, 50))
			world_settle(w);
	}
}

static void
pass_time(struct world *w, struct dice *d)
{
	static const unsigned at_most[] = { 1000, 1000, 1000, 10000, 10000, 10000, 100000, 100000, 3600000, 172800000 };
	int64_t ms = dice_below(d, at_most[dice_below(d, sizeof at_most / sizeof at_most[0])]);

	if (dice_percent(d, 3))
		ms = -ms / 10;
	rig_advance(ms);
	world_tell(w, "%lld ms pass: it is %lld", (long long)ms, (long long)rig_now_ms());
}

static void
change(struct world *w, struct dice *d)
{
	struct place *p = &w->places[dice_below(d, WORLD_URLS)];

	p->version++;
	p->modified = rig_now_ms() / 1000;
	world_tell(w, "/%u changes", (unsigned)(p - w->places));
}

static void
leave(struct world *w, struct dice *d)
{
	struct client *c = &w->clients[dice_below(d, WORLD_CLIENTS)];

	world_tell(w, "client %u leaves", (unsigned)(c - w->clients));
	if (c->ask != NULL)
		w->places[c->ask->url].expected.base = NULL;
	client_leave(c);
}

static void
purge(struct world *w, struct dice *d)
{
	unsigned url = dice_below(d, WORLD_URLS);
	bool soft = dice_percent(d, 50);
	char text[64];

	snprintf(text, sizeof text, "http://site.example/%u", url);
	world_tell(w, "a %s purge of /%u: %u variants", soft ? "soft" : "hard", url, rig_purge(w->rig, text, soft));
	*(soft ? &w->places[url].stale_at : &w->places[url].gone_at) = ++w->at;
	w->places[url].expected.base = NULL;
}

static void
purge_all(struct world *w, struct dice *d)
{
	bool soft = dice_percent(d, 50);

	rig_purge_all(w->rig, soft);
	world_tell(w, "a %s purge of everything", soft ? "soft" : "hard");
	w->at++;
	for (unsigned i = 0; i < WORLD_URLS; i++) {
		*(soft ? &w->places[i].stale_at : &w->places[i].gone_at) = w->at;
		w->places[i].expected.base = NULL;
	}
}

static void
step(struct world *w, unsigned number)
{
	struct dice d = dice_at(w->seed, number);
	unsigned what = dice_below(&d, 100);

	if (what < 54)
		ask(w, &d, number * ASKS_A_STEP + 1);
	else if (what < 60)
		ask_together(w, &d, number * ASKS_A_STEP + 1);
	else if (what < 75)
		origin_release(w, dice_below(&d, 1000));
	else if (what < 89)
		pass_time(w, &d);
	else if (what < 92)
		change(w, &d);
	else if (what < 94)
		leave(w, &d);
	else if (what < 97)
		purge(w, &d);
	else if (what < 98)
		purge_all(w, &d);
	else
		rig_tidy(w->rig);
	world_settle(w);
}

/* ---- a run ---- */

/* Everything is answered, everybody leaves, nothing is left. */
static void
end(struct world *w)
{
	const char *left;

	while (origin_release(w, 0))
		world_settle(w);
	for (unsigned i = 0; i < WORLD_CLIENTS; i++) {
		if (w->clients[i].ask != NULL)
			world_wrong(w, "ask %u is never answered", w->clients[i].ask->id);
		client_leave(&w->clients[i]);
	}
	world_settle(w);
	rig_purge_all(w->rig, false);
	left = rig_empty(w->rig);
	if (left != NULL)
		world_wrong(w, "at the end, %s", left);
}

bool
steps_run(uint64_t seed, unsigned steps, const bool *skip, FILE *trace, char *wrong, size_t size)
{
	struct world *w = world_new(seed, trace);

	for (unsigned i = 0; i < steps && w->wrong[0] == '\0'; i++)
		if (skip == NULL || !skip[i])
			step(w, i);
	if (w->wrong[0] == '\0')
		end(w);
	snprintf(wrong, size, "%s", w->wrong);
	totals.fetches += w->origin.exchanges;
	totals.hits += w->hits;
	world_free(&w);
	return wrong[0] == '\0';
}

void
steps_totals(struct steps_totals *out)
{
	*out = totals;
}
