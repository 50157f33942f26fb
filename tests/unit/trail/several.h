/* What the tests of several tiers share: responses made of field lines, and a response passed through a tier. */
#ifndef CAIRN_TESTS_UNIT_TRAIL_SEVERAL_H
#define CAIRN_TESTS_UNIT_TRAIL_SEVERAL_H

#include "unit.h"

#include "http/head.h"
#include "trail/write.h"

/* An upstream's response with these field lines, each with its CRLF, as the strict parser reads it. */
static inline struct head *
response_of(struct arena *a, struct str lines)
{
	static const struct head_limits limits = { 1 << 20, 1 << 13, 1000 };
	struct str text = arena_printf(a, "HTTP/1.1 200 OK\r\n%.*s\r\n", STR_FMT(lines));
	struct head *h = arena_alloc(a, sizeof *h);
	struct head_scan scan = { 0 };
	enum fault fault;
	size_t used;

	head_init(h, a);
	assert_int_equal(head_parse_response(h, text, &limits, &scan, &used, &fault), HEAD_OK);
	assert_int_equal(used, text.n);
	return h;
}

static inline struct trail_node
tier(struct arena *a, const char *name)
{
	struct trail_node n;

	assert_true(trail_node_init(&n, a, str_c(name), STR("secret"), 1));
	return n;
}

/* All lines that a tier writes. */
static inline struct str
written(struct arena *a, const struct trail_node *n, const struct audience *who, const struct verdict *v,
	const struct chain *upstream, const struct trail_extra *x)
{
	struct strbuf out = strbuf_in(a, 64);

	trail_write(&out, n, who, v, upstream, x);
	assert_false(out.over);
	return strbuf_str(&out);
}

/* The value of a field; STR_NONE where it is absent. There is never more than one line. */
static inline struct str
value_in(struct arena *a, struct str lines, enum hdr id)
{
	const struct head *h = response_of(a, lines);

	assert_true(head_count(h, id) <= 1);
	return head_get(h, id);
}

#endif
