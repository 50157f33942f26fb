#include "unit.h"

#include "base/clock.h"
#include "peer/roster.h"

#define NOW  (1000 * NS_PER_S)
#define DOWN (100 * NS_PER_MS)

static struct arena *arena;
static struct group *group;

static int
setup(void **state)
{
	(void)state;
	arena = arena_new(1 << 20);
	group = group_new(arena, STR("site"), GROUP_ORIGIN);
	assert_non_null(group);
	group->down_ms = DOWN / NS_PER_MS;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static void
add_members(unsigned n)
{
	const char *why;

	for (unsigned i = 0; i < n; i++)
		assert_non_null(group_add(group, arena, arena_printf(arena, "http://m%u", i), &why));
}

static unsigned
index_of(const struct member *m)
{
	for (unsigned i = 0; i < group->count; i++)
		if (group->members[i] == m)
			return i;
	fail_msg("not a member of the group");
	return 0;
}

static unsigned
pick_fresh(int64_t now)
{
	uint64_t tried = 0;

	return index_of(group_pick(group, &tried, now));
}

static void
take_down(unsigned i, int64_t now)
{
	for (unsigned n = 0; n < group->max_fails; n++)
		member_failed(group, group->members[i], now);
	assert_false(member_is_up(group->members[i], now));
}

struct url_row {
	const char *url;
	const char *host; /* NULL: refused */
	unsigned port;
	const char *authority;
	const char *label;
};

static const struct url_row urls[] = {
	{ "http://example.org", "example.org", 80, "example.org", "example.org:80" },
	{ "http://example.org:80", "example.org", 80, "example.org", "example.org:80" },
	{ "HTTP://Example.ORG:8000", "example.org", 8000, "example.org:8000", "example.org:8000" },
	{ "http://127.0.0.1:8000", "127.0.0.1", 8000, "127.0.0.1:8000", "127.0.0.1:8000" },
	{ "http://[2001:DB8::1]", "2001:db8::1", 80, "[2001:db8::1]", "[2001:db8::1]:80" },
	{ "http://[::1]:3128", "::1", 3128, "[::1]:3128", "[::1]:3128" },
	{ "http://my_app.default.svc:80", "my_app.default.svc", 80, "my_app.default.svc", "my_app.default.svc:80" },
	{ "http://", NULL },
	{ "http://:80", NULL },
	{ "http://h:0", NULL },
	{ "http://h:65536", NULL },
	{ "http://h:8o", NULL },
	{ "http://h/", NULL },
	{ "http://h/path", NULL },
	{ "http://h?q", NULL },
	{ "http://h#f", NULL },
	{ "http://user@h", NULL },
	{ "http://user:pass@h:80", NULL },
	{ "http://a b", NULL },
	{ "http://%41", NULL },
	{ "http://[v1.x]", NULL },
	{ "http://[::1", NULL },
	{ "ftp://h", NULL },
	{ "h:80", NULL },
	{ "//h", NULL },
	{ "/h", NULL },
	{ "*", NULL },
	{ "", NULL },
};

static void
reads_urls(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		const struct url_row *row = &urls[i];
		const char *why = NULL;
		struct member *m = group_add(group, arena, str_c(row->url), &why);

		if (row->host == NULL) {
			if (m != NULL || why == NULL)
				fail_msg("%s should be refused, and say why", row->url);
			continue;
		}
		assert_non_null(m);
		assert_null(why);
		assert_str(m->scheme, "http");
		assert_true(str_eq(m->host, str_c(row->host)));
		assert_int_equal(m->port, row->port);
		assert_true(str_eq(m->authority, str_c(row->authority)));
		assert_true(str_eq(m->label, str_c(row->label)));
	}
	assert_int_equal(group->count, 7);
}

static void
https_is_refused_in_these_words(void **state)
{
	const char *why;

	(void)state;
	assert_null(group_add(group, arena, STR("https://example.org"), &why));
	assert_string_equal(why, "https upstreams need TLS, which this version does not have");
	assert_null(group_add(group, arena, STR("HTTPS://example.org/x"), &why));
	assert_string_equal(why, "https upstreams need TLS, which this version does not have");
}

static void
names_may_not_be_longer_than_dns_has_them(void **state)
{
	char url[7 + 254 + 1] = "http://";
	const char *why;

	(void)state;
	memset(url + 7, 'a', 254);
	assert_null(group_add(group, arena, str_of(url, 7 + 254), &why));
	assert_non_null(group_add(group, arena, str_of(url, 7 + 253), &why));
}

static void
a_full_group_says_so(void **state)
{
	uint64_t tried = 0;
	const char *why;

	(void)state;
	add_members(GROUP_MEMBERS_MAX);
	assert_null(group_add(group, arena, STR("http://more"), &why));
	assert_string_equal(why, "an upstream has at most 64 members");
	for (unsigned i = 0; i < GROUP_MEMBERS_MAX; i++)
		assert_non_null(group_pick(group, &tried, NOW));
	assert_true(tried == UINT64_MAX);
	assert_null(group_pick(group, &tried, NOW));
}

static void
short_memory_is_no_crash(void **state)
{
	struct arena *tight = arena_new(1);
	struct group *g = group_new(tight, STR("g"), GROUP_PARENT);
	const char *why = NULL;

	(void)state;
	assert_non_null(g);
	assert_non_null(group_add(g, tight, STR("http://h"), &why));
	while (arena_alloc(tight, 1) != NULL)
		;
	assert_null(group_add(g, tight, STR("http://h"), &why));
	assert_string_equal(why, "out of memory");
	assert_int_equal(g->count, 1);
	assert_null(group_new(tight, STR("g"), GROUP_PARENT));
	arena_free(&tight);
}

static void
an_empty_group_has_nobody(void **state)
{
	uint64_t tried = 0;

	(void)state;
	assert_null(group_pick(group, &tried, NOW));
	assert_true(group_is_down(group, NOW));
}

static void
takes_turns(void **state)
{
	(void)state;
	add_members(3);
	for (unsigned i = 0; i < 9; i++)
		assert_int_equal(pick_fresh(NOW), i % 3);
}

static void
has_as_many_turns_as_its_weight_says(void **state)
{
	static const unsigned whose[] = { 0, 1, 1, 1, 2, 0, 1, 1, 1, 2 };

	(void)state;
	add_members(3);
	group->members[1]->weight = 3;
	for (unsigned i = 0; i < sizeof whose / sizeof *whose; i++)
		assert_int_equal(pick_fresh(NOW), whose[i]);
}

static void
tries_each_once(void **state)
{
	uint64_t tried = 0, seen = 0;

	(void)state;
	add_members(3);
	for (unsigned i = 0; i < 3; i++)
		seen |= (uint64_t)1 << index_of(group_pick(group, &tried, NOW));
	assert_true(seen == 7 && tried == 7);
	assert_null(group_pick(group, &tried, NOW));
}

static void
the_turns_of_a_member_that_is_down_are_shared_out(void **state)
{
	unsigned times[3] = { 0 };

	(void)state;
	add_members(3);
	take_down(1, NOW);
	for (unsigned i = 0; i < 12; i++)
		times[pick_fresh(NOW)]++;
	assert_int_equal(times[0], 6);
	assert_int_equal(times[1], 0);
	assert_int_equal(times[2], 6);
}

static void
a_down_member_is_asked_only_where_all_are(void **state)
{
	uint64_t tried = 0;

	(void)state;
	add_members(2);
	take_down(0, NOW);
	assert_int_equal(index_of(group_pick(group, &tried, NOW)), 1);
	assert_null(group_pick(group, &tried, NOW)); /* the other one is up, if tried */
	assert_false(group_is_down(group, NOW));
	take_down(1, NOW);
	assert_true(group_is_down(group, NOW));
	tried = 0;
	assert_non_null(group_pick(group, &tried, NOW));
	assert_non_null(group_pick(group, &tried, NOW));
	assert_null(group_pick(group, &tried, NOW));
}

static void
only_failures_in_a_row_count(void **state)
{
	struct member *m;

	(void)state;
	add_members(1);
	m = group->members[0];
	for (unsigned i = 0; i < 10; i++) {
		for (unsigned n = 1; n < group->max_fails; n++)
			member_failed(group, m, NOW);
		assert_true(member_is_up(m, NOW));
		member_succeeded(m);
	}
	take_down(0, NOW);
}

/* How long the member is out, from `now`. */
static int64_t
out_for(const struct member *m, int64_t now)
{
	int64_t ns = 0;

	while (!member_is_up(m, now + ns))
		ns += DOWN / 2;
	return ns;
}

static void
backs_off_to_16_times(void **state)
{
	static const int64_t factor[] = { 1, 2, 4, 8, 16, 16, 16 };
	int64_t now = NOW;

	(void)state;
	add_members(1);
	take_down(0, now);
	for (size_t i = 0; i < sizeof factor / sizeof *factor; i++) {
		struct member *m = group->members[0];

		assert_true(out_for(m, now) == factor[i] * DOWN);
		now += factor[i] * DOWN;
		assert_int_equal(pick_fresh(now), 0); /* the trial */
		member_failed(group, m, now);
	}
	member_succeeded(group->members[0]);
	assert_true(member_is_up(group->members[0], now));
	take_down(0, now);
	assert_true(out_for(group->members[0], now) == DOWN);
}

static void
late_news_do_not_keep_it_out_longer(void **state)
{
	(void)state;
	add_members(1);
	take_down(0, NOW);
	for (unsigned i = 0; i < 20; i++)
		member_failed(group, group->members[0], NOW + 1);
	assert_true(out_for(group->members[0], NOW) == DOWN);
}

static void
one_request_tries_it_when_its_time_is_over(void **state)
{
	int64_t later = NOW + DOWN;
	unsigned trials = 0;

	(void)state;
	add_members(2);
	take_down(0, NOW);
	for (unsigned i = 0; i < 10; i++)
		trials += pick_fresh(later) == 0;
	assert_int_equal(trials, 1);
	assert_false(member_is_up(group->members[0], later));
	/* Whoever tried it never said what came of it: another one may. */
	later += DOWN;
	for (unsigned i = 0; i < 10; i++)
		trials += pick_fresh(later) == 0;
	assert_int_equal(trials, 2);
	member_succeeded(group->members[0]);
	for (unsigned i = 0; i < 10; i++)
		trials += pick_fresh(later) == 0;
	assert_int_equal(trials, 7);
}

static void
the_only_member_is_asked_during_its_trial_too(void **state)
{
	(void)state;
	add_members(1);
	take_down(0, NOW);
	assert_int_equal(pick_fresh(NOW + DOWN), 0);
	assert_true(group_is_down(group, NOW + DOWN));
	assert_int_equal(pick_fresh(NOW + DOWN), 0);
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static void
members_outlive_their_group(void **state)
{
	struct arena *later = arena_new(1 << 20);
	struct group *next = group_new(later, STR("site"), GROUP_ORIGIN);
	static const char *const next_urls[] = { "http://m1", "http://m1", "http://m2", "http://m2:81" };
	struct member *m1, *m2;
	const char *why;

	(void)state;
	add_members(3);
	m1 = group->members[1];
	m2 = group->members[2];
	take_down(2, NOW);
	for (unsigned i = 0; i < 4; i++)
		assert_non_null(group_add(next, later, str_c(next_urls[i]), &why));
	group_inherit(next, group);
	arena_free(&arena);
	assert_ptr_equal(next->members[0], m1);
	assert_ptr_not_equal(next->members[1], m1); /* named twice: two */
	assert_ptr_equal(next->members[2], m2);
	assert_true(str_eq(m2->authority, STR("m2")));
	assert_false(member_is_up(m2, NOW));
	assert_true(member_is_up(next->members[3], NOW));
	arena_free(&later);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(reads_urls),
		ROW(https_is_refused_in_these_words),
		ROW(names_may_not_be_longer_than_dns_has_them),
		ROW(a_full_group_says_so),
		ROW(short_memory_is_no_crash),
		ROW(an_empty_group_has_nobody),
		ROW(takes_turns),
		ROW(has_as_many_turns_as_its_weight_says),
		ROW(tries_each_once),
		ROW(the_turns_of_a_member_that_is_down_are_shared_out),
		ROW(a_down_member_is_asked_only_where_all_are),
		ROW(only_failures_in_a_row_count),
		ROW(backs_off_to_16_times),
		ROW(late_news_do_not_keep_it_out_longer),
		ROW(one_request_tries_it_when_its_time_is_over),
		ROW(the_only_member_is_asked_during_its_trial_too),
		ROW(members_outlive_their_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
