/* What is read of an upstream's trail, kept packed, and who is named as having reached back. What is read shows in what
 * is written: a chain has no other face. */
#include "several.h"
#include "with_arena.h"

WITH_ARENA(arena, 1 << 24);

static const struct audience holder = { .names = NAMES_PLAIN, .history = true, .extras = true };
static const struct verdict hit = { .lookup = LOOKUP_HIT, .hit = true, .hits = 7 };

static const struct chain *
read_lines(const char *lines, unsigned *dropped)
{
	return chain_read(response_of(arena, str_c(lines)), arena, dropped);
}

static struct str
rendered(const struct chain *c)
{
	struct trail_node n = tier(arena, "me");
	struct trail_extra x = { .port = 1 };

	return written(arena, &n, &holder, &hit, c, &x);
}

/* The upstream's part of one field: what stands before this node's item. */
static struct str
part(const char *lines, enum hdr id, const char *own, unsigned *dropped)
{
	struct str value = value_in(arena, rendered(read_lines(lines, dropped)), id);

	assert_true(str_ends(value, str_c(own)));
	value.n -= strlen(own);
	if (value.n > 0) {
		assert_true(str_ends(value, STR(", ")));
		value.n -= 2;
	}
	return value;
}

/* ---- X-Cache and its family ---- */

static struct str
x_cache(const char *value)
{
	unsigned dropped;

	return part(arena_printf(arena, "X-Cache: %s\r\n", value).p, HDR_X_CACHE, "HIT from me", &dropped);
}

static void
items_of_any_form_are_kept_as_text(void **state)
{
	static const char *const kept[] = {
		"HIT from proxy.local",
		"MISS from a, HIT from b",
		"TCP_MISS from a173.example (AkamaiGHost/8.1) (-)",
		"Hit from cloudfront",
		"HIT TCP_MEM_HIT dirn:3:101958844",
		"cp1067 miss (0), cp4009 hit (3)",
		"HIT from",
		"hit, server",
		"\"a, b\" from c",
		"x\\y",
		"caf\xc3\xa9",
		"HIT from \xc3\xa9",
	};

	(void)state;
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		assert_true(str_eq(x_cache(kept[i]), str_c(kept[i])));
}

static void
nothing_in_an_item_breaks_the_line(void **state)
{
	(void)state;
	assert_str(x_cache("HIT from a\tb"), "HIT from a b");
	assert_str(x_cache("MISS from a, \"open, HIT from b"), "MISS from a, 'open  HIT from b");
	assert_str(x_cache("MISS from a, x \"b\\\", HIT from b"), "MISS from a, x 'b\\'  HIT from b");
	assert_str(x_cache(" , ,HIT from a, ,"), "HIT from a");
}

static void
hits_are_numbers(void **state)
{
	unsigned dropped;

	(void)state;
	assert_str(part("X-Cache-Hits: 3, 785\r\nX-Cache-Hits: 0\r\n", HDR_X_CACHE_HITS, "7", &dropped), "3, 785, 0");
	assert_int_equal(dropped, 0);
	assert_str(part("X-Cache-Hits: 3, x, -1, 4\r\n", HDR_X_CACHE_HITS, "7", &dropped), "3, 4");
	assert_int_equal(dropped, 2);
}

static void
lookups_of_other_vendors(void **state)
{
	unsigned dropped;

	(void)state;
	assert_str(
	    part("X-Cache-Lookup: Hit From Disktank3, Hit From Inner Cluster\r\nX-Cache-Lookup: NONE from a:3128\r\n",
		 HDR_X_CACHE_LOOKUP, "HIT from me:1", &dropped),
	    "Hit From Disktank3, Hit From Inner Cluster, NONE from a:3128");
}

/* ---- Cache-Status ---- */

static void
status(const char *value, const char *want, unsigned want_dropped)
{
	unsigned dropped = 99;
	struct str got =
	    part(arena_printf(arena, "Cache-Status: %s\r\n", value).p, HDR_CACHE_STATUS, "me; hit", &dropped);

	if (!str_eq(got, str_c(want)) || dropped != want_dropped)
		fail_msg("%s: got \"%.*s\" and dropped %u", value, STR_FMT(got), dropped);
}

static void
valid_members_are_kept(void **state)
{
	(void)state;
	status("\"Netlify Edge\"; fwd=miss; stored", "\"Netlify Edge\"; fwd=miss; stored", 0);
	status("a;hit;ttl=-30,b;fwd=stale;fwd-status=304", "a; hit; ttl=-30, b; fwd=stale; fwd-status=304", 0);
	status("Souin; hit; ttl=59; key=GET-http-app.lab:18080-/a; detail=DEFAULT",
	       "Souin; hit; ttl=59; key=GET-http-app.lab:18080-/a; detail=DEFAULT", 0);
	status("anonymous;detail=mismatch", "anonymous; detail=mismatch", 0);
	status("*/x:y", "*/x:y", 0);
	status("a;collapsed=?0;hit=?1", "a; collapsed=?0; hit=?1", 0);
}

static void
unknown_parameters_are_kept(void **state)
{
	(void)state;
	status("a; x-odd=1.5; hit; b=:aGk=:; *c; d=\"q\\\"\\\\\"", "a; x-odd=1.5; hit; b=:aGk=:; *c; d=\"q\\\"\\\\\"",
	       0);
}

static void
the_last_of_equal_parameters_counts(void **state)
{
	(void)state;
	status("a; ttl=1; hit; ttl=2", "a; ttl=2; hit", 0);
}

static void
a_string_that_is_a_token_is_written_as_one(void **state)
{
	(void)state;
	status("\"edge-1\"; hit", "edge-1; hit", 0);
	status("\"a, b;c\\\"\"; hit", "\"a, b;c\\\"\"; hit", 0);
}

static void
what_is_not_valid_is_read_leniently(void **state)
{
	(void)state;
	status("3cfdbfa6f472;detail=mismatch", "\"3cfdbfa6f472\"; detail=mismatch", 0);
	status("384572019384;hit", "\"384572019384\"; hit", 0);
	status("10.0.0.1;fwd=miss", "\"10.0.0.1\"; fwd=miss", 0);
	status("Netlify Edge; hit", "\"Netlify Edge\"; hit", 0);
	status("a ; hit", "a; hit", 0);
	status("a; Hit; TTL=5", "a; hit; ttl=5", 0);
	status("a; detail=no way; hit", "a; hit; detail=\"no way\"", 0);
	status("a; ttl = 30", "a; ttl=30", 0);
	status("a; hit,", "a; hit", 0);
	status(",, a; hit,, 1b; fwd=miss", "a; hit, \"1b\"; fwd=miss", 0);
	status("a;; hit;", "a; hit", 0);
	status("\"x\\y\"; hit", "xy; hit", 0);
}

static void
what_cannot_be_saved_is_dropped_and_counted(void **state)
{
	(void)state;
	status("(a b); hit, c; hit", "c; hit", 1);
	status("?1; hit, :aGk=:, @5, c; hit", "c; hit", 3);
	status("caf\xc3\xa9; hit, c; hit", "c; hit", 1);
	status("\"\"; hit, c", "c", 1);
	status("; hit, c", "c", 1);
	status("c; (a; hit", "c; hit", 1);
	status("c; k=(1 2); hit", "c; hit", 1);
	status("c; ttl=; 1=2; hit; x=caf\xc3\xa9", "c; hit", 3);
	status("c; hit, d; key=\"open, e; hit", "c; hit, d", 1);
	status("\"open; hit", "", 1);
}

static void
all_lines_are_one_list(void **state)
{
	unsigned dropped;

	(void)state;
	assert_str(part("Cache-Status: a;detail=mismatch\r\nCache-Status: 1\"\r\nCache-Status: a;detail=no-cache\r\n",
			HDR_CACHE_STATUS, "me; hit", &dropped),
		   "a; detail=mismatch, a; detail=no-cache");
	assert_int_equal(dropped, 1);
}

static void
the_nearest_sixteen_are_kept(void **state)
{
	struct strbuf status_in = strbuf_in(arena, 64), items_in = strbuf_in(arena, 64), want = strbuf_in(arena, 64);
	unsigned dropped;

	(void)state;
	for (int i = 0; i < 40; i++) {
		strbuf_printf(&status_in, "%sa%d;hit", i == 0 ? "" : ", ", i);
		strbuf_printf(&items_in, "%sHIT from a%d", i == 0 ? "" : ", ", i);
		if (i >= 24)
			strbuf_printf(&want, "%sa%d; hit", i == 24 ? "" : ", ", i);
	}
	status(arena_str(arena, strbuf_str(&status_in)).p, arena_str(arena, strbuf_str(&want)).p, 24);
	assert_true(str_starts(part(arena_printf(arena, "X-Cache: %.*s\r\n", STR_FMT(strbuf_str(&items_in))).p,
				    HDR_X_CACHE, "HIT from me", &dropped),
			       STR("HIT from a24, HIT from a25, ")));
	assert_int_equal(dropped, 24);
}

/* ---- nothing at all ---- */

static void
no_field_no_chain(void **state)
{
	unsigned dropped = 5;

	(void)state;
	assert_null(read_lines("", &dropped));
	assert_int_equal(dropped, 0);
	assert_null(read_lines("X-Cache-Status: HIT\r\nVia: 1.1 a\r\nX-Cache: \r\nCache-Status: ,\r\n", &dropped));
	assert_null(read_lines("Cache-Status: (a)\r\n", &dropped));
	assert_int_equal(dropped, 1);
}

static void
a_full_arena_gives_no_chain(void **state)
{
	struct head *h = response_of(arena, STR("Cache-Status: a; hit; ttl=5\r\nX-Cache: HIT from a\r\n"));
	struct arena *full = arena_new(0);
	unsigned dropped;

	(void)state;
	while (arena_alloc(full, 16) != NULL)
		;
	assert_null(chain_read(h, full, &dropped));
	assert_true(str_eq(chain_miss_from(NULL, STR("me"), full), STR("me")));
	arena_free(&full);
}

/* ---- packed ---- */

static const char shield[] =
    "X-Cache: MISS from a, \"x, y\", HIT from [::1]:80 (note)\r\nX-Cache-Lookup: HIT from a:3128\r\n"
    "X-Cache-Hits: 0, 3\r\nX-Cache-Miss-From: a\r\n"
    "Cache-Status: 1a; fwd=stale; detail=expired, \"b c\"; hit; cairn-age=5; z\r\n";

static struct str
packed_shield(void)
{
	unsigned dropped;

	return chain_pack(read_lines(shield, &dropped), arena);
}

static void
what_is_packed_comes_back(void **state)
{
	unsigned dropped;
	struct str packed = packed_shield();

	(void)state;
	assert_true(packed.n > 0);
	assert_true(str_eq(rendered(chain_unpack(packed, arena)), rendered(read_lines(shield, &dropped))));
	assert_true(str_eq(chain_pack(chain_unpack(packed, arena), arena), packed));
}

static void
nothing_packs_to_nothing(void **state)
{
	unsigned dropped;

	(void)state;
	assert_int_equal(chain_pack(NULL, arena).n, 0);
	assert_null(chain_unpack(STR_NONE, arena));
	assert_null(chain_unpack(STR(""), arena));
	assert_int_equal(chain_pack(read_lines("X-Cache-Miss-From: a\r\n", &dropped), arena).n, 0);
}

/* In a block of its own, so that a sanitizer sees a byte read behind it. */
static bool
unpacks(struct str packed)
{
	char *block = malloc(packed.n == 0 ? 1 : packed.n);
	bool ok;

	memcpy(block, packed.p, packed.n);
	ok = chain_unpack(str_of(block, packed.n), arena) != NULL;
	free(block);
	return ok;
}

static void
what_is_cut_or_longer_is_refused(void **state)
{
	struct strbuf longer = strbuf_in(arena, 64);
	struct str packed = packed_shield();

	(void)state;
	assert_true(unpacks(packed));
	for (size_t n = 0; n < packed.n; n++)
		assert_false(unpacks(str_head(packed, n)));
	strbuf_add(&longer, packed);
	strbuf_char(&longer, ' ');
	assert_false(unpacks(strbuf_str(&longer)));
}

static struct str
changed(struct str packed, size_t at, char to)
{
	struct str copy = arena_str(arena, packed);

	((char *)copy.p)[at] = to;
	return copy;
}

static void
what_is_odd_is_refused(void **state)
{
	struct str item = STR("\1\1\0\0\0\4\0\0\0\0\0\4\0text");
	struct str member = STR("\1\0\0\0\1\1\0\5\0\0\0n; hit");
	struct str named = STR("\1\1\0\0\0\4\0\1\0\2\0\4\0text");

	(void)state;
	assert_true(unpacks(item));
	assert_true(unpacks(named));
	assert_true(unpacks(member));
	assert_false(unpacks(changed(item, 0, 2)));  /* another version */
	assert_false(unpacks(changed(item, 1, 17))); /* too many */
	assert_false(unpacks(changed(item, 1, '\xff')));
	assert_false(unpacks(changed(item, 1, 0)));   /* nothing counted */
	assert_false(unpacks(changed(item, 5, 5)));   /* longer than there is */
	assert_false(unpacks(changed(item, 7, 1)));   /* a place, and no name */
	assert_false(unpacks(changed(item, 11, 3)));  /* shown in part, and no name */
	assert_false(unpacks(changed(named, 9, 4)));  /* the name ends behind the text */
	assert_false(unpacks(changed(named, 11, 2))); /* shown up to within the name */
	assert_false(unpacks(changed(named, 11, 5))); /* shown more than there is */
	assert_false(unpacks(changed(item, 14, '\n')));
	assert_false(unpacks(changed(item, 14, '\x7f')));
	assert_true(unpacks(changed(item, 14, '\xc3')));
	assert_false(unpacks(changed(member, 11, '\xc3'))); /* a name is ASCII */
	assert_false(unpacks(changed(member, 12, ',')));    /* parameters begin so */
	assert_false(unpacks(changed(member, 16, '\r')));
}

/* ---- X-Cache-Miss-From ---- */

static void
miss_from(const char *lines, const char *want)
{
	unsigned dropped;
	struct str got = chain_miss_from(read_lines(lines, &dropped), STR("me"), arena);

	if (!str_eq(got, str_c(want)))
		fail_msg("%s: got %.*s", lines, STR_FMT(got));
}

static void
who_reached_back_furthest(void **state)
{
	(void)state;
	miss_from("", "me");
	miss_from("Cache-Status: b; hit\r\n", "me");
	miss_from("Cache-Status: b; fwd=request\r\n", "b");
	miss_from("Cache-Status: a; fwd=uri-miss, b; fwd=stale; fwd-status=304\r\n", "a");
	miss_from("Cache-Status: a; hit, b; fwd=uri-miss\r\n", "b");
	miss_from("Cache-Status: a; fwd=uri-miss, b; hit, c; fwd=miss\r\n", "c");
	miss_from("Cache-Status: \"a b\"; fwd=miss\r\n", "a b");
}

static void
what_says_nothing_ends_the_walk(void **state)
{
	(void)state;
	miss_from("Cache-Status: a; fwd=miss, b; detail=mismatch\r\n", "me");
	miss_from("Cache-Status: a; fwd=miss, b\r\n", "me");
	miss_from("Cache-Status: b; hit; fwd=miss\r\n", "me");
	miss_from("Cache-Status: b; hit=?0; fwd=miss\r\n", "b");
	miss_from("Cache-Status: b; fwd\r\n", "me");
}

static void
what_was_replayed_is_no_witness(void **state)
{
	(void)state;
	miss_from("Cache-Status: a; fwd=uri-miss, b; fwd=stale; cairn-age=340; detail=upstream-error\r\n", "b");
	miss_from("Cache-Status: a; fwd=uri-miss, b; hit; cairn-age=3\r\n", "me");
}

static void
x_cache_speaks_for_tiers_without_cache_status(void **state)
{
	(void)state;
	miss_from("X-Cache: MISS from b\r\n", "b");
	miss_from("X-Cache: HIT from b\r\n", "me");
	miss_from("X-Cache: MISS from a, MISS from b:3128\r\n", "a");
	miss_from("X-Cache: HIT from a, Miss from cloudfront\r\n", "cloudfront");
	miss_from("X-Cache: MISS from a, cp1 miss\r\n", "me");
	/* A node that calls a hit what upstream confirmed: its Cache-Status knows better. */
	miss_from("X-Cache: HIT from b\r\nCache-Status: b; fwd=stale; fwd-status=304\r\n", "b");
	/* An old Squid behind a Cairn, and the other way round. */
	miss_from("X-Cache: MISS from sq, MISS from b\r\nCache-Status: b; fwd=miss\r\n", "sq");
	miss_from("X-Cache: MISS from a, MISS from sq\r\nCache-Status: a; fwd=miss\r\n", "a");
	miss_from("X-Cache: MISS from a, HIT from sq\r\nCache-Status: a; fwd=miss\r\n", "me");
	/* A new Squid behind an old one: nothing tells which is nearer. */
	miss_from("X-Cache: MISS from old\r\nCache-Status: new; fwd=miss\r\n", "old");
	/* The same name twice, as an old default has it. */
	miss_from("Cache-Status: localhost; fwd=miss, localhost; fwd=miss\r\nX-Cache: MISS from localhost, MISS from "
		  "localhost\r\n",
		  "localhost");
}

static void
an_incoming_value_is_believed_where_there_is_no_other_word(void **state)
{
	(void)state;
	miss_from("X-Cache-Miss-From: a\r\n", "a");
	miss_from("X-Cache-Miss-From: n-01234567\r\nX-Cache-Hits: 0\r\n", "n-01234567");
	miss_from("X-Cache-Miss-From: parking-7968547645-84pss\r\nX-Cache: MISS\r\n", "parking-7968547645-84pss");
	miss_from("X-Cache-Miss-From: a\r\nX-Cache: HIT from b\r\n", "me");
	miss_from("X-Cache-Miss-From: a\r\nCache-Status: b; fwd=miss\r\n", "b");
	miss_from("X-Cache-Miss-From: a\r\nX-Cache-Miss-From: b\r\n", "b");
	miss_from("X-Cache-Miss-From: a b\r\n", "me");
	miss_from("X-Cache-Miss-From: \"a\"\r\n", "me");
	miss_from("X-Cache-Miss-From: a, b\r\n", "me");
	miss_from("X-Cache-Miss-From: \r\n", "me");
}

/* It belongs to the fetch: an entry knows nobody who reached back. */
static void
a_stored_chain_names_nobody(void **state)
{
	unsigned dropped;
	struct str packed =
	    chain_pack(read_lines("Cache-Status: a; fwd=miss\r\nX-Cache-Miss-From: a\r\n", &dropped), arena);

	(void)state;
	assert_str(chain_miss_from(chain_unpack(packed, arena), STR("me"), arena), "me");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_of_any_form_are_kept_as_text),
		cmocka_unit_test(nothing_in_an_item_breaks_the_line),
		cmocka_unit_test(hits_are_numbers),
		cmocka_unit_test(lookups_of_other_vendors),
		cmocka_unit_test(valid_members_are_kept),
		cmocka_unit_test(unknown_parameters_are_kept),
		cmocka_unit_test(the_last_of_equal_parameters_counts),
		cmocka_unit_test(a_string_that_is_a_token_is_written_as_one),
		cmocka_unit_test(what_is_not_valid_is_read_leniently),
		cmocka_unit_test(what_cannot_be_saved_is_dropped_and_counted),
		cmocka_unit_test(all_lines_are_one_list),
		cmocka_unit_test(the_nearest_sixteen_are_kept),
		cmocka_unit_test(no_field_no_chain),
		cmocka_unit_test(a_full_arena_gives_no_chain),
		cmocka_unit_test(what_is_packed_comes_back),
		cmocka_unit_test(nothing_packs_to_nothing),
		cmocka_unit_test(what_is_cut_or_longer_is_refused),
		cmocka_unit_test(what_is_odd_is_refused),
		cmocka_unit_test(who_reached_back_furthest),
		cmocka_unit_test(what_says_nothing_ends_the_walk),
		cmocka_unit_test(what_was_replayed_is_no_witness),
		cmocka_unit_test(x_cache_speaks_for_tiers_without_cache_status),
		cmocka_unit_test(an_incoming_value_is_believed_where_there_is_no_other_word),
		cmocka_unit_test(a_stored_chain_names_nobody),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
