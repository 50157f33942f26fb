#include "unit.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/rcu.h"
#include "peer/digest_peer.h"

static struct member *member;

static int
setup(void **state)
{
	const char *why;

	(void)state;
	rcu_thread_begin();
	member = member_new(STR("http://near.example"), NULL, &why);
	return member == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	member_let_go(&member);
	rcu_settle();
	rcu_thread_end();
	return 0;
}

static enum digest_says
says(const char *url, const char *key)
{
	struct digest_question q = digest_question(str_c(url), str_c(key));

	return digest_peer_says(member, &q);
}

static void
nothing_is_known_at_first(void **state)
{
	struct digest_peer_state known;

	(void)state;
	assert_int_equal(says("http://a/", "http://a/"), DIGEST_SILENT);
	assert_false(digest_peer_state(member, &known));
	digest_peer_forget(member);
	assert_int_equal(says("http://a/", "http://a/"), DIGEST_SILENT);
}

static void
set(unsigned char *filter, const uint64_t *at, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		filter[at[i] / 8] |= (unsigned char)(1 << at[i] % 8);
}

/* Squid's are asked for the URL, whatever the rules of the route make of it. */
static void
squids_form(void **state)
{
	const struct digest_squid d = { 1000, 1, 625, 5 };
	unsigned char mask[625] = { 0 };
	struct digest_squid_key k;
	struct digest_peer_state known;
	uint64_t at[DIGEST_SQUID_HASHES];

	(void)state;
	assert_true(digest_squid_key(&k, STR("http://a/b?c")));
	digest_squid_bits(&k, 625, at);
	set(mask, at, DIGEST_SQUID_HASHES);
	assert_true(digest_peer_take_squid(member, &d, str_of((char *)mask, 625), 1000));
	assert_int_equal(says("http://a/b?c", "http://a/b"), DIGEST_HOLDS);
	assert_int_equal(says("http://a./b?c", "x"), DIGEST_HOLDS);
	assert_int_equal(says("http://a/b", "http://a/b?c"), DIGEST_LACKS);
	assert_true(digest_peer_state(member, &known));
	assert_false(known.cairn);
	assert_int_equal(known.made_ms, 1000);
	assert_int_equal(known.entries, 1);
	assert_int_equal(known.bytes, 625);
	digest_peer_forget(member);
	assert_int_equal(says("http://a/b?c", "http://a/b"), DIGEST_SILENT);
}

static void
cairns_form_and_its_changes(void **state)
{
	struct digest_cairn d = { .kind = DIGEST_CAIRN_WHOLE, .hashes = 7, .bits = 800, .entries = 1 };
	unsigned char none[100] = { 0 }, one[100] = { 0 };
	struct digest_peer_state known;
	uint64_t at[DIGEST_CAIRN_HASHES_MAX];
	char *changes;
	size_t n;

	(void)state;
	digest_cairn_bits(hash_plain(STR("http://a/b x=y")), 800, 7, at);
	set(one, at, 7);
	assert_true(digest_peer_take_cairn(member, &d, str_of((char *)none, 100), 1000));
	assert_int_equal(says("http://a/b", "http://a/b x=y"), DIGEST_LACKS);
	assert_true(digest_cairn_changes(none, one, 100, 100, &changes, &n));
	assert_true(digest_peer_change(member, &d, str_of(changes, n), 2000));
	assert_int_equal(says("http://a/b", "http://a/b x=y"), DIGEST_HOLDS);
	assert_int_equal(says("http://a/b x=y", "http://a/b"), DIGEST_LACKS);
	assert_true(digest_peer_state(member, &known));
	assert_true(known.cairn);
	assert_int_equal(known.made_ms, 2000);
	/* The same once more takes it out again. */
	assert_true(digest_peer_change(member, &d, str_of(changes, n), 3000));
	assert_int_equal(says("http://a/b", "http://a/b x=y"), DIGEST_LACKS);
	assert_false(digest_peer_change(member, &d, STR("\1"), 3000));
	d.bits = 808;
	assert_false(digest_peer_change(member, &d, str_of(changes, n), 3000));
	free(changes);
}

static atomic_bool over;

static void *
read_all_the_time(void *arg)
{
	unsigned long *answers = arg;

	rcu_thread_begin();
	while (!atomic_load(&over))
		*answers += says("http://a/b?c", "http://a/b") != DIGEST_SILENT;
	rcu_thread_end();
	return NULL;
}

/* Readers see the one before or the one after, whole or as bits are flipped in it. */
static void
read_while_it_changes(void **state)
{
	const struct digest_cairn d = { .kind = DIGEST_CAIRN_WHOLE, .hashes = 7, .bits = 800 };
	const struct digest_squid squid = { 160, 1, 100, 5 };
	unsigned char none[100] = { 0 }, one[100] = { 1, 2, 3, 4 };
	unsigned long answers[2] = { 0 };
	pthread_t readers[2];
	char *changes;
	size_t n;

	(void)state;
	assert_true(digest_cairn_changes(none, one, 100, 100, &changes, &n));
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, read_all_the_time, &answers[i]), 0);
	for (int i = 0; i < 1000; i++) {
		assert_true(digest_peer_take_cairn(member, &d, str_of((char *)none, 100), i));
		assert_true(digest_peer_change(member, &d, str_of(changes, n), i));
		assert_true(digest_peer_take_squid(member, &squid, str_of((char *)one, 100), i));
	}
	atomic_store(&over, true);
	for (int i = 0; i < 2; i++)
		pthread_join(readers[i], NULL);
	free(changes);
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_known_at_first),
		TEST(squids_form),
		TEST(cairns_form_and_its_changes),
		TEST(read_while_it_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
