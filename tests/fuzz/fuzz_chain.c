/* An upstream's trail, from its field lines to ours. The first byte of a line says which field the rest is a value of
 * (see `fields`); an input that begins with "!" is a packed chain instead. */
#include "fuzz.h"
#include "http/fields.h"
#include "http/sf.h"
#include "trail/write.h"

static const struct {
	char letter;
	struct str name;
} fields[] = {
	{ 'c', STR_INIT("X-Cache") },      { 'l', STR_INIT("X-Cache-Lookup") },
	{ 'h', STR_INIT("X-Cache-Hits") }, { 'm', STR_INIT("X-Cache-Miss-From") },
	{ 's', STR_INIT("Cache-Status") }, { 't', STR_INIT("Server-Timing") },
	{ 'v', STR_INIT("Via") },
};

static const struct verdict verdicts[] = {
	{ .lookup = LOOKUP_HIT, .hit = true, .hits = 3, .has_ttl = true, .ttl = -1, .replayed = true, .cairn_age = 9 },
	{ .lookup = LOOKUP_MISS, .fwd = FWD_URI_MISS, .fwd_status = 200, .reason = REASON_EVICTED, .asked = true },
};

struct fuzz {
	struct arena *a;
	struct trail_node node;
	const struct head *upstream;
	const struct chain *chain;
	struct str miss_from;
	uint64_t draws;
};

/* As the strict parser reads it; NULL where it refuses. */
static struct head *
parse(struct str lines, struct arena *a)
{
	static const struct head_limits limits = { 1 << 20, 1 << 13, 2000 };
	struct str start = STR("HTTP/1.1 200 OK\r\n");
	struct strbuf text = strbuf_in(a, lines.n + 64);
	struct head *h = arena_alloc(a, sizeof *h);
	struct head_scan scan = { 0 };
	enum fault fault;
	size_t used;

	strbuf_add(&text, start);
	strbuf_add(&text, lines);
	strbuf_lit(&text, "\r\n");
	head_init(h, a);
	if (head_parse_response(h, strbuf_str(&text), &limits, &scan, &used, &fault) != HEAD_OK || used != text.n)
		return NULL;
	return h;
}

static unsigned
elements(const struct head *h, enum hdr id)
{
	struct list_walk w = { 0 };
	struct str element;
	unsigned n = 0;

	while (list_walk(h, id, &w, &element))
		n++;
	return n;
}

/* ---- what must hold of what is written ---- */

static void
check_no_controls(const struct head *h, enum hdr id)
{
	struct str value = head_get(h, id);

	for (size_t i = 0; i < value.n; i++)
		MUST((unsigned char)value.p[i] >= 0x20 && value.p[i] != 0x7f);
}

/* Lines that the strict parser takes, one a field, with nothing in them that a terminal or a log would act on. */
static struct head *
check_lines(struct str lines, struct arena *a)
{
	static const enum hdr ours[] = { HDR_X_CACHE, HDR_X_CACHE_LOOKUP, HDR_X_CACHE_HITS, HDR_X_CACHE_MISS_FROM,
					 HDR_CACHE_STATUS };
	struct head *h = parse(lines, a);

	MUST(h != NULL);
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
		MUST(head_count(h, ours[i]) <= 1);
		check_no_controls(h, ours[i]);
	}
	return h;
}

/* A valid list, whose last member is this node. */
static void
check_status(const struct head *h, struct str self, struct arena *a)
{
	struct sf_item *item = NULL;
	unsigned n = 1;

	MUST(sf_parse_list(head_get(h, HDR_CACHE_STATUS), a, &item) && item != NULL);
	for (; item->next != NULL; item = item->next)
		n++;
	MUST(str_eq(item->text, self) && n <= 17);
	MUST(n == elements(h, HDR_CACHE_STATUS));
}

/* Read again it is the same: nothing is dropped, and no item falls apart or swallows another. */
static void
check_again(const struct fuzz *f, const struct head *h, const struct audience *who)
{
	struct trail_extra x = { .port = 1 };
	struct strbuf out = strbuf_in(f->a, 256);
	const struct chain *again;
	struct head *twice;
	unsigned dropped;

	if (elements(h, HDR_X_CACHE) > 16 || elements(h, HDR_X_CACHE_LOOKUP) > 16 ||
	    elements(h, HDR_X_CACHE_HITS) > 16 || elements(h, HDR_CACHE_STATUS) > 16)
		return;
	again = chain_read(h, f->a, &dropped);
	MUST(again != NULL && dropped == 0);
	trail_write(&out, &f->node, who, &verdicts[0], again, &x);
	twice = check_lines(strbuf_str(&out), f->a);
	MUST(str_starts(head_get(twice, HDR_X_CACHE), head_get(h, HDR_X_CACHE)));
	MUST(str_starts(head_get(twice, HDR_X_CACHE_LOOKUP), head_get(h, HDR_X_CACHE_LOOKUP)));
	MUST(str_starts(head_get(twice, HDR_X_CACHE_HITS), head_get(h, HDR_X_CACHE_HITS)));
	MUST(str_starts(head_get(twice, HDR_CACHE_STATUS), head_get(h, HDR_CACHE_STATUS)));
}

static void
check_written(const struct fuzz *f, const struct audience *who, const struct verdict *v)
{
	struct trail_extra x = { .port = 1, .miss_from = f->miss_from };
	struct strbuf out = strbuf_in(f->a, 256);
	struct head *h;

	if (f->upstream != NULL) {
		x.upstream_server_timing = head_joined(f->upstream, HDR_SERVER_TIMING, f->a);
		x.upstream_proxy_status = head_joined(f->upstream, HDR_PROXY_STATUS, f->a);
	}
	trail_write(&out, &f->node, who, v, f->chain, &x);
	h = check_lines(strbuf_str(&out), f->a);
	if (f->upstream == NULL)
		return; /* packed by a stranger: its lines hold together, but nobody promises that they are valid */
	check_status(h, trail_shown_self(&f->node, who), f->a);
	check_again(f, h, who);
}

static void
check_via(const struct fuzz *f, const struct audience *who)
{
	struct strbuf out = strbuf_in(f->a, 256);

	trail_via_response(&out, &f->node, who, 1, head_joined(f->upstream, HDR_VIA, f->a));
	MUST(parse(strbuf_str(&out), f->a) != NULL);
}

/* For a reader of each kind of names; what else they may see is drawn from the input. */
static void
check_all(struct fuzz *f)
{
	for (int names = NAMES_PLAIN; names <= NAMES_OFF; names++) {
		uint64_t draw = fuzz_next(&f->draws);
		struct audience who = { .names = (enum names)names, .history = draw & 1, .extras = draw & 2 };

		check_written(f, &who, &verdicts[draw >> 2 & 1]);
		if (f->upstream != NULL)
			check_via(f, &who);
	}
}

/* ---- inputs ---- */

static void
unpack(struct fuzz *f, struct str packed)
{
	f->chain = chain_unpack(packed, f->a);
	if (f->chain == NULL)
		return;
	MUST(str_eq(chain_pack(f->chain, f->a), packed));
	check_all(f);
}

static struct str
field_lines(struct str in, struct arena *a)
{
	struct strbuf out = strbuf_in(a, in.n + 64);
	struct str line;

	while (in.n > 0) {
		str_cut(&in, '\n', &line);
		for (size_t i = 0; line.n > 0 && i < sizeof fields / sizeof *fields; i++) {
			if (line.p[0] != fields[i].letter)
				continue;
			strbuf_add(&out, fields[i].name);
			strbuf_lit(&out, ":");
			strbuf_add(&out, str_skip(line, 1));
			strbuf_lit(&out, "\r\n");
		}
	}
	return strbuf_str(&out);
}

static void
read_fields(struct fuzz *f, struct str in)
{
	struct str packed;
	unsigned dropped;

	f->upstream = parse(field_lines(in, f->a), f->a);
	if (f->upstream == NULL)
		return;
	f->chain = chain_read(f->upstream, f->a, &dropped);
	f->miss_from = chain_miss_from(f->chain, f->node.name, f->a);
	MUST(f->miss_from.n > 0);
	check_all(f);
	packed = chain_pack(f->chain, f->a);
	f->chain = chain_unpack(packed, f->a);
	MUST((f->chain == NULL) == (packed.n == 0));
	check_all(f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = fuzz_str(data, size);
	struct fuzz f = { .a = arena_new(64 << 20), .draws = fuzz_seed(in) };

	if (size > 1 << 16) {
		arena_free(&f.a);
		return 0;
	}
	MUST(trail_node_init(&f.node, f.a, STR("edge-1"), STR("secret"), 1));
	if (in.n > 0 && in.p[0] == '!')
		unpack(&f, str_skip(in, 1));
	else
		read_fields(&f, in);
	arena_free(&f.a);
	return 0;
}
