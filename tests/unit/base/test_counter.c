#include "unit.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/counter.h"

static void *
count(void *arg)
{
	(void)arg;
	counter_thread_begin();
	for (int i = 0; i < 1000; i++)
		counter_add(COUNTER_FETCHES, 2);
	counter_request(true, 3);
	counter_request(false, 3);
	counter_request(false, 3);
	histogram_observe(HISTOGRAM_CLIENT_TIME, 400 * 1000);
	histogram_observe(HISTOGRAM_CLIENT_TIME, 3 * NS_PER_MS);
	histogram_observe(HISTOGRAM_CLIENT_TIME, 1000 * NS_PER_S);
	counter_thread_end();
	return NULL;
}

static void
adds_up_over_threads_and_after_them(void **state)
{
	struct histogram_sum h;
	pthread_t t[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, count, NULL), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(counter_sum(COUNTER_FETCHES), 8000);
	assert_int_equal(counter_sum(COUNTER_RETRIES), 0);
	assert_int_equal(counter_requests(true, 3), 4);
	assert_int_equal(counter_requests(false, 3), 8);
	assert_int_equal(counter_requests(false, 2), 0);
	histogram_sum(HISTOGRAM_CLIENT_TIME, &h);
	assert_int_equal(h.count, 12);
	assert_int_equal(h.bucket[0], 4);
	assert_int_equal(h.bucket[3], 4); /* 3 ms: above 2, at most 4 */
	assert_int_equal(h.bucket[HISTOGRAM_BUCKETS - 1], 4);
	assert_true(h.seconds > 4000 && h.seconds < 4001);
	histogram_sum(HISTOGRAM_UPSTREAM_TIME, &h);
	assert_int_equal(h.count, 0);
}

static void
bounds_double(void **state)
{
	(void)state;
	assert_int_equal(histogram_bound(0), NS_PER_MS / 2);
	assert_int_equal(histogram_bound(1), NS_PER_MS);
	assert_true(histogram_bound(HISTOGRAM_BUCKETS - 1) == INT64_MAX);
}

static void *
observe_bounds(void *arg)
{
	(void)arg;
	counter_thread_begin();
	for (unsigned b = 0; b < HISTOGRAM_BUCKETS - 1; b++) {
		histogram_observe(HISTOGRAM_UPSTREAM_TIME, histogram_bound(b));
		histogram_observe(HISTOGRAM_UPSTREAM_TIME, histogram_bound(b) + 1);
	}
	counter_thread_end();
	return NULL;
}

static void
a_bound_belongs_to_its_bucket(void **state)
{
	struct histogram_sum h;
	pthread_t t;

	(void)state;
	assert_int_equal(pthread_create(&t, NULL, observe_bounds, NULL), 0);
	pthread_join(t, NULL);
	histogram_sum(HISTOGRAM_UPSTREAM_TIME, &h);
	assert_int_equal(h.bucket[0], 1);
	for (unsigned b = 1; b < HISTOGRAM_BUCKETS - 1; b++)
		assert_int_equal(h.bucket[b], 2);
	assert_int_equal(h.bucket[HISTOGRAM_BUCKETS - 1], 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adds_up_over_threads_and_after_them),
		cmocka_unit_test(bounds_double),
		cmocka_unit_test(a_bound_belongs_to_its_bucket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
