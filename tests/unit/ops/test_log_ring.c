#include "unit.h"

#include <pthread.h>
#include <stdio.h>

#include "net/addr.h"
#include "ops/log_ring.h"

static struct log_ring *ring;
static union addr client, upstream;

static int
make_ring(void **state)
{
	(void)state;
	assert_true(addr_parse(STR("[2001:db8::7]:4711"), &client));
	assert_true(addr_parse(STR("[2001:db8::8]:80"), &upstream));
	ring = log_ring_new(LOG_RING_LEAST);
	return ring == NULL;
}

static int
free_ring(void **state)
{
	(void)state;
	log_ring_free(&ring);
	return 0;
}

/* Each text of record `n` says which one it is, and its length differs from record to record. */
static struct str
text(uint64_t n, char what, char room[64])
{
	int size = snprintf(room, 64, "%c%llu%.*s", what, (unsigned long long)n, (int)(n % 13), "-------------");

	return str_of(room, (size_t)size);
}

static enum log_put
put(uint64_t n)
{
	const struct record_asker asker = { .peer = n % 14 == 0 ? &upstream : NULL };
	char rooms[9][64];
	struct record r = {
		.id = n,
		.client = n % 2 == 0 ? &client : NULL,
		.asker = n % 7 == 0 ? &asker : NULL,
		.upstream = n % 5 == 0 ? &upstream : NULL,
		.method = text(n, 'm', rooms[0]),
		.scheme = text(n % 100, 's', rooms[1]),
		.host = text(n, 'h', rooms[2]),
		.target = text(n, 't', rooms[3]),
		.upstream_group = text(n, 'g', rooms[4]),
		.upstream_member = text(n, 'u', rooms[5]),
		.referer = text(n, 'r', rooms[6]),
		.user_agent = text(n, 'a', rooms[7]),
		.content_type = n % 3 == 0 ? STR_NONE : text(n, 'c', rooms[8]),
		.verdict.hits = (uint32_t)n + 1,
	};

	return log_ring_put(ring, &r);
}

static void
check(const struct record *r, uint64_t n)
{
	char room[64];

	assert_non_null(r);
	assert_int_equal(r->id, n);
	assert_int_equal(r->verdict.hits, n + 1);
	assert_int_equal(r->asker != NULL, n % 7 == 0);
	if (n % 14 == 0)
		assert_memory_equal(r->asker->peer, &upstream, sizeof upstream.in6);
	else if (n % 7 == 0)
		assert_null(r->asker->peer);
	assert_true(str_eq(r->method, text(n, 'm', room)));
	assert_true(str_eq(r->scheme, text(n % 100, 's', room)));
	assert_true(str_eq(r->host, text(n, 'h', room)));
	assert_true(str_eq(r->target, text(n, 't', room)));
	assert_true(str_eq(r->upstream_group, text(n, 'g', room)));
	assert_true(str_eq(r->upstream_member, text(n, 'u', room)));
	assert_true(str_eq(r->referer, text(n, 'r', room)));
	assert_true(str_eq(r->user_agent, text(n, 'a', room)));
	if (n % 3 == 0)
		assert_int_equal(r->content_type.n, 0);
	else
		assert_true(str_eq(r->content_type, text(n, 'c', room)));
	if (n % 2 == 0)
		assert_memory_equal(r->client, &client, sizeof client.in6);
	else
		assert_null(r->client);
	if (n % 5 == 0)
		assert_memory_equal(r->upstream, &upstream, sizeof upstream.in6);
	else
		assert_null(r->upstream);
}

static void
records_come_out_as_they_went_in(void **state)
{
	(void)state;
	assert_null(log_ring_peek(ring));
	for (uint64_t n = 0; n < 5000; n++) { /* many times around */
		assert_int_equal(put(2 * n), LOG_PUT_FINE);
		assert_int_equal(put(2 * n + 1), LOG_PUT_FINE);
		check(log_ring_peek(ring), 2 * n);
		check(log_ring_peek(ring), 2 * n); /* it stays until it is taken */
		log_ring_took(ring);
		check(log_ring_peek(ring), 2 * n + 1);
		log_ring_took(ring);
		assert_null(log_ring_peek(ring));
	}
}

static void
a_full_ring_takes_nothing(void **state)
{
	uint64_t in = 0, out = 0, hurried = 0, refused = 0;

	(void)state;
	while (refused < 20) {
		enum log_put how = put(in);

		if (how == LOG_PUT_FULL) {
			refused++;
			for (int i = 0; i < 7; i++, out++) {
				check(log_ring_peek(ring), out);
				log_ring_took(ring);
			}
			continue;
		}
		hurried += how == LOG_PUT_HURRY;
		assert_true(how == LOG_PUT_FINE || in > 20);
		in++;
	}
	assert_true(hurried > 20);
	for (; out < in; out++) {
		check(log_ring_peek(ring), out);
		log_ring_took(ring);
	}
	assert_null(log_ring_peek(ring));
	assert_int_equal(put(1), LOG_PUT_FINE);
}

static void
endless_texts_are_cut(void **state)
{
	static char endless[100000];
	struct str s = { memset(endless, 'x', sizeof endless), sizeof endless };
	struct record r = { .method = s,
			    .scheme = s,
			    .host = s,
			    .target = s,
			    .upstream_group = s,
			    .upstream_member = s,
			    .referer = s,
			    .user_agent = s,
			    .content_type = s };
	const struct record *got;

	(void)state;
	for (int i = 0; i < 20; i++) {
		assert_int_not_equal(log_ring_put(ring, &r), LOG_PUT_FULL);
		got = log_ring_peek(ring);
		assert_int_equal(got->target.n, 8192);
		assert_int_equal(got->referer.n, 2048);
		assert_int_equal(got->content_type.n, 256);
		assert_memory_equal(got->content_type.p, endless, 256);
		log_ring_took(ring);
	}
}

#define MANY 20000

static void *
put_many(void *arg)
{
	uint64_t *refused = arg;

	for (uint64_t n = 0; n < MANY;) {
		if (put(n) == LOG_PUT_FULL) {
			++*refused;
			sched_yield();
		} else {
			n++;
		}
	}
	return NULL;
}

static void
two_threads_need_no_lock(void **state)
{
	uint64_t refused = 0;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, put_many, &refused), 0);
	for (uint64_t n = 0; n < MANY;) {
		const struct record *r = log_ring_peek(ring);

		if (r == NULL) {
			sched_yield();
			continue;
		}
		check(r, n++);
		log_ring_took(ring);
	}
	pthread_join(thread, NULL);
	assert_null(log_ring_peek(ring));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(records_come_out_as_they_went_in, make_ring, free_ring),
		cmocka_unit_test_setup_teardown(a_full_ring_takes_nothing, make_ring, free_ring),
		cmocka_unit_test_setup_teardown(endless_texts_are_cut, make_ring, free_ring),
		cmocka_unit_test_setup_teardown(two_threads_need_no_lock, make_ring, free_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
