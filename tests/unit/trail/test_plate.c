/* A plate prints what is written field by field, for every reader and whatever fields are wanted. */
#include "alone.h"

#include "trail/plate.h"

static const struct audience readers[] = {
	{ .names = NAMES_PLAIN, .history = true },  { .names = NAMES_PLAIN },
	{ .names = NAMES_OPAQUE, .history = true }, { .names = NAMES_OPAQUE },
	{ .names = NAMES_OFF, .history = true },    { .names = NAMES_OFF },
};

static struct verdict
hit(uint32_t hits, int64_t ttl, int64_t since)
{
	return (struct verdict){
		.lookup = LOOKUP_HIT,
		.hit = true,
		.hits = hits,
		.has_ttl = true,
		.ttl = ttl,
		.replayed = true,
		.cairn_age = since,
	};
}

/* What went forward: verdicts of which `n` counts the kinds. */
static struct verdict
forwarded(unsigned n)
{
	return (struct verdict){
		.lookup = n & 1 ? LOOKUP_MISS : LOOKUP_NONE,
		.fwd = n & 1 ? FWD_URI_MISS : FWD_BYPASS,
		.reason = n & 2 ? REASON_EVICTED : REASON_NONE,
		.collapsed = n & 4 ? COLLAPSED_YES : COLLAPSED_NO,
		.asked = true,
		.stored = n & 8,
		.has_ttl = n & 8,
		.replayed = n & 16,
		.fwd_status = n & 32 ? 404 : 200,
	};
}
#define FORWARDED 64

static struct str
field_by_field(const struct plate_order *o, const struct verdict *v, uint32_t age)
{
	struct trail_extra x = { .port = o->port, .miss_from = o->node->name };
	static char room[2048];
	struct strbuf out = strbuf_fixed(room, sizeof room);

	if (o->age)
		strbuf_printf(&out, "Age: %u\r\n", age);
	trail_write(&out, o->node, o->who, v, NULL, &x);
	if (o->via)
		trail_via_response(&out, o->node, o->who, 1, STR_NONE);
	assert_false(out.over);
	return strbuf_str(&out);
}

static void
prints(const struct plate *plate, const struct plate_order *o, const struct verdict *v, uint32_t age)
{
	char room[1024];
	struct strbuf out = strbuf_fixed(room, sizeof room);

	plate_write(&out, plate, v, age);
	assert_str_is(strbuf_str(&out), field_by_field(o, v, age), __FILE__, __LINE__);
}

static void
check_hits(struct plate_order o)
{
	const struct verdict hits[] = { hit(1, 300, 0), hit(4294967295, 0, 999999999999),
					hit(3735928559, 999999999999999, 7) };
	struct plate plate;

	o.like = &hits[0];
	assert_true(plate_make(&plate, &o));
	for (size_t i = 0; i < sizeof hits / sizeof hits[0]; i++)
		prints(&plate, &o, &hits[i], (uint32_t)i * INT32_MAX / 2);
}

static void
check_forwarded(struct plate_order o)
{
	for (unsigned n = 0; n < FORWARDED; n++) {
		struct verdict v = forwarded(n);
		struct plate plate;

		o.like = &v;
		assert_true(plate_make(&plate, &o));
		v.ttl = 86399 + n;
		v.cairn_age = n;
		prints(&plate, &o, &v, n);
	}
}

static void
prints_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
		for (unsigned off = 0; off < 32; off++) {
			struct plate_order o = { .node = &node,
						 .who = &readers[i],
						 .port = (uint16_t)(off * 2000),
						 .age = off & 2,
						 .via = off & 1 };

			node.fields.x_cache = !(off & 1);
			node.fields.x_cache_lookup = !(off & 2);
			node.fields.x_cache_hits = !(off & 4);
			node.fields.x_cache_miss_from = !(off & 4);
			node.fields.cache_status = !(off & 8);
			node.fields.x_cache_status = off & 16;
			check_hits(o);
			check_forwarded(o);
		}
}

static struct plate_order
order(const struct audience *who, const struct verdict *like)
{
	return (struct plate_order){ .node = &node, .who = who, .like = like, .port = 80, .age = true, .via = true };
}

static bool
has_plate(const struct plate_order o)
{
	struct plate plate;

	return plate_make(&plate, &o);
}

static void
the_verdict_may_differ_each_time(void **state)
{
	const struct audience holder = { .names = NAMES_PLAIN, .history = true, .extras = true };
	struct verdict v = forwarded(0);

	(void)state;
	assert_true(has_plate(order(&readers[0], &v)));
	assert_false(has_plate(order(&holder, &v)));
	v.error = PROXY_ERROR_CONNECTION_REFUSED;
	assert_false(has_plate(order(&readers[0], &v)));
	v.error = PROXY_ERROR_NONE;
	node.fields.server_timing = true;
	assert_false(has_plate(order(&readers[0], &v)));
}

/* A name with a number in it that marks a place, and one that leaves no room. */
static void
some_names_have_none(void **state)
{
	const struct verdict v = hit(1, 2, 3);
	char longest[250];

	(void)state;
	assert_true(trail_node_init(&node, arena, STR("n3735928559"), STR("secret"), 1));
	assert_false(has_plate(order(&readers[0], &v)));
	memset(longest, 'a', sizeof longest);
	assert_true(trail_node_init(&node, arena, str_of(longest, sizeof longest), STR("secret"), 1));
	assert_false(has_plate(order(&readers[0], &v)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(prints_the_same, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_verdict_may_differ_each_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(some_names_have_none, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
