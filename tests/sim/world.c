#include "world.h"

#include <stdarg.h>
#include <stdlib.h>

#define BEGIN_MS INT64_C(1700000000000)

struct world *
world_new(uint64_t seed, FILE *trace)
{
	struct world *w = calloc(1, sizeof *w);
	struct dice d = dice_at(seed, UINT64_C(1) << 40);

	w->seed = seed;
	w->trace = trace;
	w->roomy = dice_percent(&d, 60);
	w->at = 1;
	w->fault_ns = INT64_MIN / 2;
	rig_set_clock(BEGIN_MS + dice_below(&d, 1000));
	w->rig = rig_new(w->roomy ? 64 << 20 : 512 << 10 << dice_below(&d, 3));
	for (unsigned i = 0; i < WORLD_URLS; i++)
		w->places[i].modified = rig_now_ms() / 1000 - 1000 * (int64_t)(i + 1);
	for (unsigned i = 0; i < WORLD_CLIENTS; i++)
		w->clients[i] = (struct client){ .fd = -1, .worker = i % RIG_WORKERS };
	return w;
}

void
world_free(struct world **wp)
{
	struct world *w = *wp;

	*wp = NULL;
	for (unsigned i = 0; i < WORLD_CLIENTS; i++)
		client_free(&w->clients[i]);
	origin_close(&w->origin);
	rig_free(&w->rig);
	for (unsigned i = 0; i < w->ask_count; i++)
		free(w->asks[i]);
	for (unsigned i = 0; i < w->answer_count; i++)
		free(w->answers[i]);
	free(w->asks);
	free(w->answers);
	free(w);
}

/* Two quiet rounds: what the node's workers post to each other is seen a round later. */
void
world_settle(struct world *w)
{
	for (unsigned quiet = 0; quiet < 2;) {
		bool moved = rig_turn(w->rig);

		moved = origin_pump(w) || moved;
		for (unsigned i = 0; i < WORLD_CLIENTS; i++)
			moved = client_pump(w, &w->clients[i]) || moved;
		quiet = moved ? 0 : quiet + 1;
	}
	if (!w->roomy)
		rig_reclaim();
}

/* ---- what is known ---- */

static void *
grown(void *list, unsigned count, unsigned *cap)
{
	if (count < *cap)
		return list;
	*cap = *cap * 2 + 64;
	list = realloc(list, *cap * sizeof(void *));
	if (list == NULL)
		abort();
	return list;
}

struct ask *
world_ask(struct world *w, unsigned id)
{
	struct ask *a = calloc(1, sizeof *a);

	w->asks = grown(w->asks, w->ask_count, &w->ask_cap);
	w->asks[w->ask_count++] = a;
	a->id = id;
	return a;
}

struct ask *
world_ask_of(struct world *w, unsigned id)
{
	for (unsigned i = w->ask_count; i > 0; i--)
		if (w->asks[i - 1]->id == id)
			return w->asks[i - 1];
	return NULL;
}

struct answer *
world_answer(struct world *w)
{
	struct answer *a = calloc(1, sizeof *a);

	w->answers = grown(w->answers, w->answer_count, &w->answer_cap);
	w->answers[w->answer_count++] = a;
	a->id = w->answer_count;
	return a;
}

struct answer *
world_answer_of(struct world *w, unsigned id)
{
	return id >= 1 && id <= w->answer_count ? w->answers[id - 1] : NULL;
}

/* ---- what is told ---- */

void
world_wrong(struct world *w, const char *format, ...)
{
	va_list args;

	if (w->wrong[0] != '\0')
		return;
	va_start(args, format);
	vsnprintf(w->wrong, sizeof w->wrong, format, args);
	va_end(args);
}

/* Messages are told line by line, the empty ones left out. */
void
world_tell(struct world *w, const char *format, ...)
{
	static char text[4 * TEXT_MAX];
	va_list args;

	if (w->trace == NULL)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	fprintf(w->trace, "[%u] ", w->at);
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '\r')
			continue;
		if (*p == '\n' && (p[1] == '\0' || p[1] == '\r'))
			continue;
		fputc(*p, w->trace);
		if (*p == '\n')
			fputs("        ", w->trace);
	}
	fputc('\n', w->trace);
}
