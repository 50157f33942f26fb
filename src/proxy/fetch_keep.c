/* What is kept of an answer, stored or on its way: what its trail and Vary say, and its head, packed. */
#include <stdlib.h>

#include "base/counter.h"
#include "http/vary.h"
#include "proxy/fetch_impl.h"

void
fetch_read_trail(struct fetch *f, struct keeping *k)
{
	const struct chain *chain;
	unsigned dropped = 0;

	k->chain = k->server_timing = STR_NONE;
	k->miss_from = f->conf->trail.node.name;
	if (!f->keeps_trail)
		return;
	chain = chain_read(&f->answer, f->arena, &dropped);
	if (dropped > 0)
		counter_add(COUNTER_TRAIL_DROPPED, dropped);
	k->chain = chain_pack(chain, f->arena);
	k->miss_from = chain_miss_from(chain, f->conf->trail.node.name, f->arena);
	if (f->req != NULL)
		req_told(f->req, &f->answer);
	/* A parent's Server-Timing tells of this exchange alone: it is not stored. */
	k->server_timing = head_joined(&f->answer, HDR_SERVER_TIMING, f->arena);
	head_remove(&f->answer, HDR_SERVER_TIMING);
}

void
fetch_read_vary(struct fetch *f, const struct head *response, struct keeping *k)
{
	struct strbuf values;

	k->vary_values = STR_NONE;
	k->vary_names = vary_names(response, f->arena);
	if (k->vary_names.n == 0)
		return;
	values = strbuf_in(f->arena, 256);
	vary_values(&f->head, k->vary_names, &values);
	k->vary_values = strbuf_str(&values);
}

struct draft
fetch_draft(struct fetch *f, const struct head *response, const struct keeping *k)
{
	return (struct draft){
		.meta = &k->meta,
		.head = response,
		.key = f->key.text,
		.chain = k->chain,
		.vary_names = k->vary_names,
		.vary_values = k->vary_values,
		.trail_ms = f->received_ms,
		.strip_cookies = f->policy->set_cookie == SET_COOKIE_STRIP,
	};
}

struct stored *
fetch_pack(const struct draft *d)
{
	size_t most = stored_most(d);
	void *mem = malloc(most);

	if (mem != NULL)
		stored_pack(d, mem, most);
	return mem;
}
