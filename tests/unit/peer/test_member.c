#include "unit.h"

#include "base/clock.h"
#include "net/addr.h"
#include "net/tls.h"
#include "net/addr.h"
#include "peer/roster.h"

#define NOW  (1000 * NS_PER_S)
#define DOWN (100 * NS_PER_MS)

static struct arena *arena;
static struct group *group; /* for its limits */
static struct member *m;

static int
setup(void **state)
{
	const char *why;

	(void)state;
	arena = arena_new(1 << 20);
	group = group_new(arena, STR("site"), GROUP_ORIGIN);
	group->down_ms = DOWN / NS_PER_MS;
	m = member_new(STR("http://m"), NULL, &why);
	return m == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	member_let_go(&m);
	arena_free(&arena);
	return 0;
}

static void
take_down(int64_t now)
{
	for (unsigned n = 0; n < group->max_fails; n++)
		member_failed(group, m, now);
	assert_false(member_is_up(m, now));
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
check_url(const struct url_row *row, const struct member *got)
{
	assert_str(got->scheme, "http");
	assert_true(str_eq(got->host, str_c(row->host)));
	assert_int_equal(got->port, row->port);
	assert_true(str_eq(got->authority, str_c(row->authority)));
	assert_true(str_eq(got->label, str_c(row->label)));
}

static void
reads_urls(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		const char *why = NULL;
		struct member *got = member_new(str_c(urls[i].url), NULL, &why);

		if ((got == NULL) != (urls[i].host == NULL) || (got == NULL) != (why != NULL))
			fail_msg("%s should be %s", urls[i].url,
				 urls[i].host == NULL ? "refused, with a reason" : "fine");
		if (got != NULL)
			check_url(&urls[i], got);
		member_let_go(&got);
	}
}

static struct tls_context *
context(bool verify)
{
	const struct tls_settings settings = { .verify = verify, .name = STR("x.example") };
	enum tls_flaw flaw;
	char why[TLS_TEXT];
	struct tls_context *x = tls_context_new(&settings, &flaw, why);

	assert_non_null(x);
	return x;
}

static void
https_needs_somebody_to_trust(void **state)
{
	struct tls_context *x = context(false);
	struct member *secure, *plain, *far;
	const char *why;

	(void)state;
	assert_null(member_new(STR("https://example.org"), NULL, &why));
	secure = member_new(STR("HTTPS://example.org"), x, &why);
	assert_str(secure->scheme, "https");
	assert_int_equal(secure->port, 443);
	assert_str(secure->authority, "example.org");
	assert_str(secure->label, "example.org:443");
	far = member_new(STR("https://[::1]:8443"), x, &why);
	assert_str(far->authority, "[::1]:8443");
	plain = member_new(STR("http://example.org:443"), x, &why);
	assert_null(plain->tls);
	assert_str(plain->authority, "example.org:443");
	assert_null(member_new(STR("https://example.org/path"), x, &why));
	member_let_go(&secure);
	member_let_go(&plain);
	member_let_go(&far);
	tls_context_unref(&x);
}

/* Found at an address, it is still expected to be who was looked for; an SRV record names another. */
static void
who_was_followed_is_whom_to_expect(void **state)
{
	struct tls_context *x = context(false);
	const char *why;
	struct member *named = member_new(STR("https://a.example"), x, &why), *at, *other;
	union addr a;

	(void)state;
	assert_true(addr_parse_ip(STR("192.0.2.1"), 0, &a));
	at = member_at(named, &a);
	assert_str(at->label, "192.0.2.1:443");
	assert_str(at->server, "a.example");
	assert_str(at->authority, "a.example");
	assert_ptr_equal(at->tls, x);
	other = member_named(named, STR("b.example"), 8443);
	assert_str(other->server, "b.example");
	assert_ptr_equal(other->tls, x);
	member_let_go(&named);
	member_let_go(&at);
	member_let_go(&other);
	tls_context_unref(&x);
}

static void
the_same_is_of_the_same_trust(void **state)
{
	struct tls_context *contexts[] = { context(false), context(false), context(true), NULL };
	struct member *members[4];
	const char *why;

	(void)state;
	for (int i = 0; i < 4; i++)
		members[i] =
		    member_new(i == 3 ? STR("http://a.example:443") : STR("https://a.example"), contexts[i], &why);
	assert_true(member_same(members[0], members[1]));
	assert_true(member_same(members[3], members[3]));
	assert_false(member_same(members[0], members[2]));
	assert_false(member_same(members[0], members[3]));
	assert_false(member_same(members[3], members[0]));
	for (int i = 0; i < 4; i++) {
		member_let_go(&members[i]);
		tls_context_unref(&contexts[i]);
	}
}

static void
names_may_not_be_longer_than_dns_has_them(void **state)
{
	char url[7 + 254 + 1] = "http://";
	struct member *longest;
	const char *why;

	(void)state;
	memset(url + 7, 'a', 254);
	assert_null(member_new(str_of(url, 7 + 254), NULL, &why));
	longest = member_new(str_of(url, 7 + 253), NULL, &why);
	assert_non_null(longest);
	member_let_go(&longest);
}

static void
it_stays_while_anybody_holds_it(void **state)
{
	struct member *mine = member_hold(m), *before = m;

	(void)state;
	member_let_go(&m);
	assert_null(m);
	assert_str(mine->label, "m:80");
	m = mine;
	assert_ptr_equal(m, before);
	mine = NULL;
	member_let_go(&mine);
}

static void
only_failures_in_a_row_count(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		for (unsigned n = 1; n < group->max_fails; n++)
			member_failed(group, m, NOW);
		assert_true(member_is_up(m, NOW));
		member_succeeded(m);
	}
	take_down(NOW);
}

/* How long the member is out, from `now`. */
static int64_t
out_for(int64_t now)
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
	take_down(now);
	for (size_t i = 0; i < sizeof factor / sizeof *factor; i++) {
		assert_true(out_for(now) == factor[i] * DOWN);
		now += factor[i] * DOWN;
		assert_true(member_claim(group, m, now)); /* the trial */
		member_failed(group, m, now);
	}
	member_succeeded(m);
	assert_true(member_is_up(m, now));
	take_down(now);
	assert_true(out_for(now) == DOWN);
}

static void
late_news_do_not_keep_it_out_longer(void **state)
{
	(void)state;
	take_down(NOW);
	for (unsigned i = 0; i < 20; i++)
		member_failed(group, m, NOW + 1);
	assert_true(out_for(NOW) == DOWN);
}

static void
one_claims_it_when_its_time_is_over(void **state)
{
	int64_t later = NOW + DOWN;

	(void)state;
	take_down(NOW);
	assert_true(member_claim(group, m, later));
	assert_false(member_claim(group, m, later));
	assert_false(member_is_up(m, later));
	later += DOWN; /* whoever tried it never said what came of it */
	assert_true(member_claim(group, m, later));
	member_succeeded(m);
	assert_true(member_claim(group, m, later));
	assert_true(member_claim(group, m, later)); /* up: anybody may */
}

static void
assert_place(const union addr *a, const char *want)
{
	char text[ADDR_TEXT_SIZE];

	addr_text_port(a, text);
	assert_string_equal(text, want);
}

static void
at_an_address_it_is_called_as_before(void **state)
{
	struct member *at;
	union addr a;

	(void)state;
	assert_true(addr_parse_ip(STR("2001:db8::7"), 0, &a));
	at = member_at(m, &a);
	assert_non_null(at);
	assert_str(at->label, "[2001:db8::7]:80");
	assert_str(at->host, "2001:db8::7");
	assert_str(at->authority, "m");
	member_let_go(&at);
	at = member_named(m, STR("Pod-0.example"), 8080);
	assert_str(at->label, "pod-0.example:8080");
	assert_str(at->authority, "pod-0.example:8080");
	member_let_go(&at);
	assert_null(member_named(m, STR("no host"), 80));
}

static void
it_may_be_placed_and_move(void **state)
{
	union addr a[2], got[MEMBER_ADDRS_MAX];

	(void)state;
	rcu_thread_begin();
	assert_int_equal(member_places(m, got), 0);
	assert_true(addr_parse_ip(STR("192.0.2.1"), 0, &a[0]) && addr_parse_ip(STR("::1"), 0, &a[1]));
	member_place(m, a, 2);
	assert_int_equal(member_places(m, got), 2);
	assert_place(&got[0], "192.0.2.1:80");
	assert_place(&got[1], "[::1]:80");
	member_place(m, a + 1, 1);
	rcu_settle();
	assert_int_equal(member_places(m, got), 1);
	assert_place(&got[0], "[::1]:80");
	rcu_thread_end();
}

static void
what_probes_found_holds_against_requests(void **state)
{
	(void)state;
	group->slow_start_ms = 1000;
	assert_false(member_found_well(m, NOW)); /* no news */
	assert_true(member_found_sick(m));
	assert_false(member_found_sick(m));
	assert_int_equal(m->ejections, 1);
	member_succeeded(m);
	assert_false(member_is_up(m, NOW));
	assert_true(member_found_well(m, NOW));
	assert_true(member_is_up(m, NOW));
	assert_true(member_warmth(group, m, NOW) < 0.2);
	assert_true(member_warmth(group, m, NOW + NS_PER_S) == 1);
	take_down(NOW);
	assert_false(member_found_well(m, NOW)); /* that is for requests to end */
	assert_false(member_is_up(m, NOW));
	assert_true(member_found_sick(m));
	member_forget_probes(m);
	assert_true(member_is_up(m, NOW + DOWN));
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(reads_urls),
		ROW(https_needs_somebody_to_trust),
		ROW(who_was_followed_is_whom_to_expect),
		ROW(the_same_is_of_the_same_trust),
		ROW(names_may_not_be_longer_than_dns_has_them),
		ROW(it_stays_while_anybody_holds_it),
		ROW(only_failures_in_a_row_count),
		ROW(backs_off_to_16_times),
		ROW(late_news_do_not_keep_it_out_longer),
		ROW(one_claims_it_when_its_time_is_over),
		ROW(at_an_address_it_is_called_as_before),
		ROW(it_may_be_placed_and_move),
		ROW(what_probes_found_holds_against_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
