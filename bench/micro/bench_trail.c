/* What does a trail cost? Counted, not timed, so that it comes out the same on any machine:
 *
 *     valgrind --tool=callgrind --callgrind-out-file=/dev/null "--toggle-collect=render_once*" bench_trail hit-plain 1000
 *
 * and "Collected" divided by 1000 is the instructions a response. The other cases are below.
 */
#include <stdio.h>
#include <stdlib.h>

#include "http/head.h"
#include "trail/write.h"

static const struct verdict hit = {
	.lookup = LOOKUP_HIT,
	.hit = true,
	.hits = 123,
	.has_ttl = true,
	.ttl = 258,
	.replayed = true,
	.cairn_age = 42,
};

static const struct verdict miss = {
	.lookup = LOOKUP_MISS,
	.fwd = FWD_URI_MISS,
	.fwd_status = 200,
	.reason = REASON_NEVER_SEEN,
	.asked = true,
	.stored = true,
	.has_ttl = true,
	.ttl = 300,
};

static const struct bench_case {
	const char *name;
	const struct verdict *v;
	enum names names;
	bool shield; /* a kept upstream's part, unpacked each time */
} cases[] = {
	{ "hit-plain", &hit, NAMES_PLAIN, false },         { "hit-opaque", &hit, NAMES_OPAQUE, false },
	{ "miss-plain", &miss, NAMES_PLAIN, false },       { "hit-shield-plain", &hit, NAMES_PLAIN, true },
	{ "hit-shield-opaque", &hit, NAMES_OPAQUE, true },
};

/* What an edge keeps of its shield's answer. */
static struct str
shield_part(struct arena *a)
{
	unsigned dropped = 0;
	struct head h;

	head_init(&h, a);
	head_add(&h, STR("X-Cache"), STR("MISS from proxy.domain.tld"));
	head_add(&h, STR("X-Cache-Lookup"), STR("HIT from proxy.domain.tld:3128"));
	head_add(&h, STR("X-Cache-Hits"), STR("0"));
	head_add(&h, STR("X-Cache-Miss-From"), STR("proxy.domain.tld"));
	head_add(&h, STR("Cache-Status"), STR("proxy.domain.tld; fwd=request; fwd-status=304; ttl=300; detail=reload"));
	return chain_pack(chain_read(&h, a, &dropped), a);
}

__attribute__((noinline)) static void
render_once(const struct bench_case *c, const struct trail_node *n, struct str packed, struct arena *a)
{
	struct audience who = { .names = c->names, .history = true };
	struct trail_extra x = { .port = 8080, .miss_from = c->v == &miss ? n->name : STR_NONE };
	char room[1024];
	struct strbuf out = strbuf_fixed(room, sizeof room);

	trail_write(&out, n, &who, c->v, c->shield ? chain_unpack(packed, a) : NULL, &x);
	if (out.over)
		abort();
	if (c->shield)
		arena_reset(a);
}

int
main(int argc, char **argv)
{
	struct arena *kept = arena_new(1 << 20), *request = arena_new(1 << 20);
	const struct bench_case *c = NULL;
	struct trail_node n;
	struct str packed;

	for (size_t i = 0; argc == 3 && i < sizeof cases / sizeof *cases; i++)
		if (str_eq(str_c(argv[1]), str_c(cases[i].name)))
			c = &cases[i];
	if (c == NULL || kept == NULL || request == NULL ||
	    !trail_node_init(&n, kept, STR("proxy.local"), STR("secret"), 1)) {
		fprintf(stderr, "usage: bench_trail CASE ROUNDS\n");
		return 2;
	}
	packed = shield_part(kept);
	for (long i = 0; i < atol(argv[2]); i++)
		render_once(c, &n, packed, request);
	arena_free(&request);
	arena_free(&kept);
	return 0;
}
