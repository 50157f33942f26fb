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

static struct str
field_by_field(const struct plate_order *o, const struct verdict *v, uint32_t age)
{
	struct trail_extra x = { .port = o->port };
	static char room[2048];
	struct strbuf out = strbuf_fixed(room, sizeof room);

	strbuf_printf(&out, "Age: %u\r\n", age);
	trail_write(&out, o->node, o->who, v, NULL, &x);
	if (o->via)
		trail_via_response(&out, o->node, o->who, 1, STR_NONE);
	assert_false(out.over);
	return strbuf_str(&out);
}

static void
check(const struct plate_order *o)
{
	const struct verdict hits[] = { hit(1, 300, 0), hit(4294967295, 0, 999999999999),
					hit(3735928559, 999999999999999, 7) };
	struct plate plate;

	assert_true(plate_make(&plate, o));
	for (size_t i = 0; i < sizeof hits / sizeof hits[0]; i++) {
		uint32_t age = (uint32_t)i * INT32_MAX / 2;
		char room[1024];
		struct strbuf out = strbuf_fixed(room, sizeof room);

		plate_write(&out, &plate, &hits[i], age);
		assert_str_is(strbuf_str(&out), field_by_field(o, &hits[i], age), __FILE__, __LINE__);
	}
}

static void
prints_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
		for (unsigned off = 0; off < 32; off++) {
			node.fields.x_cache = !(off & 1);
			node.fields.x_cache_lookup = !(off & 2);
			node.fields.x_cache_hits = !(off & 4);
			node.fields.cache_status = !(off & 8);
			node.fields.x_cache_status = off & 16;
			check(&(struct plate_order){ &node, &readers[i], (uint16_t)(off * 2000), off & 1 });
		}
}

static void
the_verdict_may_differ_each_time(void **state)
{
	const struct audience holder = { .names = NAMES_PLAIN, .history = true, .extras = true };
	struct plate plate;

	(void)state;
	assert_false(plate_make(&plate, &(struct plate_order){ &node, &holder, 80, true }));
	node.fields.server_timing = true;
	assert_false(plate_make(&plate, &(struct plate_order){ &node, &readers[0], 80, true }));
}

/* A name with a number in it that marks a place, and one that leaves no room. */
static void
some_names_have_none(void **state)
{
	char longest[250];
	struct plate plate;

	(void)state;
	assert_true(trail_node_init(&node, arena, STR("n3735928559"), STR("secret"), 1));
	assert_false(plate_make(&plate, &(struct plate_order){ &node, &readers[0], 80, true }));
	memset(longest, 'a', sizeof longest);
	assert_true(trail_node_init(&node, arena, str_of(longest, sizeof longest), STR("secret"), 1));
	assert_false(plate_make(&plate, &(struct plate_order){ &node, &readers[0], 80, true }));
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
