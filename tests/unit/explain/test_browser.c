/* The browser's own caches as tiers: what stands before what, and what of the network is history then. */
#include "with_arena.h"

#include "explain/browser.h"

WITH_ARENA(arena, 1 << 20);

/* "browser memory hit/hit, service-worker /bypass, squid edge hit/hit frozen" */
static struct str
words(const struct tiers *t)
{
	struct str all = STR("");

	for (unsigned i = 0; i < t->count; i++) {
		const struct tier *r = &t->tier[i];

		all = arena_printf(arena, "%.*s%s%.*s%s%.*s %.*s/%.*s%s", STR_FMT(all), i == 0 ? "" : ", ",
				   STR_FMT(vendor_name(r->vendor)), r->node.n > 0 ? " " : "", STR_FMT(r->node),
				   STR_FMT(tier_lookup_word(r->lookup)), STR_FMT(tier_served_word(r->served)),
				   r->frozen ? " frozen" : "");
		assert_true(i > 0 || r->evidence != NULL);
		assert_true(r->reason.n > 0 || r->vendor == VENDOR_SQUID);
	}
	return all;
}

static void
tiers(void **state)
{
	static const struct {
		enum browser_source browser;
		enum worker_source worker;
		const char *want;
	} rows[] = {
		{ BROWSER_MEMORY, WORKER_NONE, "browser memory hit/hit, squid edge hit/hit frozen" },
		{ BROWSER_DISK, WORKER_NONE, "browser disk hit/hit, squid edge hit/hit frozen" },
		{ BROWSER_CACHE, WORKER_NONE, "browser hit/hit, squid edge hit/hit frozen" },
		{ BROWSER_VALIDATED, WORKER_NONE, "browser stale/revalidated, squid edge hit/hit" },
		{ BROWSER_NOT_TOLD, WORKER_CACHE_STORAGE, "service-worker hit/hit, squid edge hit/hit frozen" },
		{ BROWSER_NOT_TOLD, WORKER_MADE_UP, "service-worker /hit, squid edge hit/hit frozen" },
		{ BROWSER_NOT_TOLD, WORKER_NETWORK, "service-worker /bypass, squid edge hit/hit" },
		{ BROWSER_NOT_TOLD, WORKER_UNKNOWN, "service-worker /, squid edge hit/hit" },
		{ BROWSER_NOT_TOLD, WORKER_HTTP_CACHE,
		  "service-worker /bypass, browser hit/hit, squid edge hit/hit frozen" },
		{ BROWSER_DISK, WORKER_HTTP_CACHE,
		  "service-worker /bypass, browser disk hit/hit, squid edge hit/hit frozen" },
		{ BROWSER_VALIDATED, WORKER_NETWORK,
		  "service-worker /bypass, browser stale/revalidated, squid edge hit/hit" },
		{ BROWSER_MEMORY, WORKER_CACHE_STORAGE,
		  "browser memory hit/hit, service-worker hit/hit frozen, squid edge hit/hit frozen" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct exchange x = { .browser = rows[i].browser,
				      .worker = rows[i].worker,
				      .browser_hits = EXCHANGE_UNKNOWN };
		struct tier edge = { .node = STR("edge"),
				     .vendor = VENDOR_SQUID,
				     .lookup = TIER_LOOKUP_HIT,
				     .served = TIER_SERVED_HIT };
		struct tiers t = { .tier = &edge, .count = 1 };

		assert_true(browser_tiers(&x, arena, &t));
		assert_true(str_eq(words(&t), str_c(rows[i].want)));
	}
}

static void
nothing_to_add(void **state)
{
	struct exchange x = { .browser = BROWSER_NOT_TOLD };
	struct tier edge = { .node = STR("edge") };
	struct tiers t = { .tier = &edge, .count = 1 };

	(void)state;
	assert_true(browser_tiers(&x, arena, &t));
	assert_ptr_equal(t.tier, &edge);
	assert_int_equal(t.count, 1);
}

/* Alone, with how often it was used. */
static void
alone(void **state)
{
	struct exchange x = { .browser = BROWSER_VALIDATED, .browser_hits = 4 };
	struct tiers t = { 0 };

	(void)state;
	assert_true(browser_tiers(&x, arena, &t));
	assert_int_equal(t.count, 1);
	assert_int_equal(t.tier[0].hits, 4);
	assert_int_equal(t.tier[0].ttl, TIER_NUMBER_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tiers),
		cmocka_unit_test(nothing_to_add),
		cmocka_unit_test(alone),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
