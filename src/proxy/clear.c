#include "proxy/clear.h"

#include <stdlib.h>

#include "peer/ask.h"
#include "proxy/worker.h"

static void
tell_group(struct asker *asker, const struct group *g, const struct ask_about *about, bool by_order)
{
	struct roster *r = group_hold(g);

	for (unsigned i = 0; i < r->count; i++) {
		const struct seat *seat = &r->seats[i];
		struct ask_whom whom = { seat->member, 0, seat->asked.htcp };

		if (seat->asked.clear)
			asker_clear(asker, about, &whom, by_order);
	}
	roster_let_go(&r);
}

/* To Squid GET stands for all methods that are stored. */
static void
tell(struct worker *w, const struct conf *conf, struct str url, bool by_order)
{
	const struct ask_about about = { .url = url, .method = STR("GET") };
	struct asker *asker = worker_asker(w);

	for (unsigned i = 0; i < conf->upstream_count && asker != NULL; i++)
		tell_group(asker, conf->upstreams[i].group, &about, by_order);
}

void
clear_neighbours(struct worker *w, const struct conf *conf, const struct key_parts *parts, bool by_order,
		 struct arena *a)
{
	struct strbuf url;

	if (!conf->clears)
		return;
	url = strbuf_in(a, parts->scheme.n + parts->host.n + KEY_ORIGIN_MORE + parts->target.n);
	key_origin(&url, parts);
	strbuf_add(&url, parts->target);
	if (!url.over)
		tell(w, conf, strbuf_str(&url), by_order);
}

/* ---- from another thread ---- */

struct order {
	struct mail mail;
	struct worker *worker;
	size_t n;
	char url[];
};

static void
on_order(struct mail *m)
{
	struct order *o = LIST_OF(m, struct order, mail);

	if (!o->worker->draining)
		tell(o->worker, worker_conf(o->worker), str_of(o->url, o->n), true);
	free(o);
}

void
clear_post(struct node *n, struct str url)
{
	struct conf *conf = node_conf(n);
	struct order *o = conf->clears ? malloc(sizeof *o + url.n) : NULL;

	conf_unref(&conf);
	if (o == NULL)
		return;
	mail_init(&o->mail, on_order);
	o->worker = n->workers[0];
	o->n = url.n;
	memcpy(o->url, url.p, url.n);
	loop_post(o->worker->loop, &o->mail);
}
