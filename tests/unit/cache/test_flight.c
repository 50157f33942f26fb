#include "unit.h"

#include "flying.h"

static void
an_unshareable_body_is_its_readers_alone(void **state)
{
	struct client a = client(0);
	struct flight *f = lead(&a, 1);
	struct segs *body = segs_new_window(64 * 1024);
	struct resp *resp = response(body);
	struct segs_reader r;
	struct iovec iov;
	int count = 1;

	(void)state;
	resp->shareable = false;
	flight_head(f, resp, 200, (struct flight_whom){ 0 });
	put(body, 32 * 1024);
	segs_reader_init(&r, body, 0);
	segs_reader_peek(&r, UINT64_MAX, &iov, &count);
	segs_reader_took(&r, iov.iov_len);
	assert_true(segs_oldest(body) > 0);
	segs_reader_fini(&r);
	break_off(&f);
	flight_leave(&a.waiter);
}

/* A leader: what its mail is called for, and whether it gives up then. */
static struct {
	struct mail mail;
	struct flight *flight;
	unsigned calls;
	bool gives_up;
} leader;

static void
look_after(struct mail *m)
{
	assert_ptr_equal(m, &leader.mail);
	leader.calls++;
	if (leader.gives_up)
		break_off(&leader.flight);
}

static void
take_lead(struct client *c, bool gives_up)
{
	leader.flight = lead(c, 1);
	leader.calls = 0;
	leader.gives_up = gives_up;
	mail_init(&leader.mail, look_after);
	flight_lead(leader.flight, c->waiter.worker, &leader.mail);
}

static void
the_leader_is_woken_when_the_last_waiter_leaves(void **state)
{
	struct client a = client(2), b = client(1);

	(void)state;
	take_lead(&a, true);
	enter(&b, all(1), FLIGHT_JOIN);
	flight_leave(&a.waiter);
	assert_int_equal(posts, 0);
	flight_leave(&b.waiter);
	assert_int_equal(flight_waiters(leader.flight), 0);
	assert_int_equal(posts, 1);
	assert_int_equal(posted[0].worker, 2);
	assert_int_equal(leader.calls, 0);
	deliver();
	assert_int_equal(leader.calls, 1);
	assert_null(leader.flight);
}

static void
the_leader_is_woken_when_readers_went_on(void **state)
{
	struct client a = client(1);

	(void)state;
	take_lead(&a, false);
	flight_readers_went_on(leader.flight);
	flight_readers_went_on(leader.flight);
	assert_int_equal(posts, 1);
	assert_int_equal(posted[0].worker, 1);
	deliver();
	assert_int_equal(leader.calls, 1);
	flight_readers_went_on(leader.flight);
	break_off(&leader.flight);
	deliver(); /* it has ended: its leader is not called any more */
	assert_int_equal(leader.calls, 1);
	flight_leave(&a.waiter);
	assert_int_equal(posts, 0);
}

static void
a_result_lasts_until_the_last_has_left(void **state)
{
	struct client a = client(0), b = client(1);
	struct flight *f = lead(&a, 1);
	struct segs *body = segs_new_stored(slots, 0);
	struct resp *r = response(body);
	char upstream[] = "10.0.0.1:80";
	const struct flight_result *result;

	(void)state;
	enter(&b, all(1), FLIGHT_JOIN);
	r->head = mem_room_get(&r->room, 10);
	r->miss_from = mem_room_str(&r->room, STR("edge-1"));
	r->trailers = mem_room_str(&r->room, STR("A: b\r\n"));
	flight_answered(f, 12345);
	flight_head(f, r, 203, (struct flight_whom){ .member = str_c(upstream) });
	memset(upstream, '-', sizeof upstream);
	put(body, 10000);
	segs_end(body, SEGS_WHOLE);
	flight_done(&f);
	flight_leave(&a.waiter);
	deliver();
	assert_int_equal(flight_phase(b.waiter.flight), FLIGHT_DONE);
	result = flight_result(b.waiter.flight);
	assert_ptr_equal(result->resp, r);
	assert_int_equal(result->fwd_status, 203);
	assert_int_equal(result->answered_ns, 12345);
	assert_str(result->whom.member, "10.0.0.1:80");
	assert_str(result->miss_from, "edge-1");
	assert_false(result->cut);
	assert_int_equal(segs_length(result->resp->body), 10000);
	flight_leave(&b.waiter);
}

static void
who_holds_the_response_keeps_it(void **state)
{
	struct client a = client(0);
	struct flight *f = lead(&a, 1);
	struct segs *body = segs_new_stored(slots, 0);
	struct resp *r = response(body), *mine = resp_ref(r);

	(void)state;
	flight_head(f, r, 200, (struct flight_whom){ 0 });
	break_off(&f);
	flight_leave(&a.waiter);
	deliver();
	assert_int_equal(segs_state(mine->body), SEGS_CUT);
	assert_true(mine->length == RANGE_UNKNOWN && mine->complete == RANGE_UNKNOWN);
	resp_unref(&mine);
	assert_null(mine);
	resp_unref(&mine);
}

static void
it_may_fail_before_the_head(void **state)
{
	struct client a = client(0);
	struct flight *f = lead(&a, 1);
	const struct flight_result *result;

	(void)state;
	flight_fail(&f, PROXY_ERROR_DNS_ERROR, 0, (struct flight_whom){ .member = STR("origin.example") });
	assert_int_equal(flight_phase(a.waiter.flight), FLIGHT_FAILED);
	result = flight_result(a.waiter.flight);
	assert_null(result->resp);
	assert_int_equal(result->error, PROXY_ERROR_DNS_ERROR);
	assert_int_equal(result->answered_ns, 0);
	assert_str(result->whom.member, "origin.example");
	assert_false(result->cut);
	deliver();
	assert_int_equal(a.calls, 1);
	flight_leave(&a.waiter);
}

static void
a_failure_after_the_head_leaves_the_head(void **state)
{
	struct client a = client(0);
	struct flight *f = lead(&a, 1);
	struct resp *r = response(segs_new_stored(slots, 0));
	const struct flight_result *head, *end;

	(void)state;
	flight_answered(f, 12345);
	flight_head(f, r, 200, (struct flight_whom){ .member = STR("a:1") });
	head = flight_result(a.waiter.flight);
	flight_fail(&f, PROXY_ERROR_CONNECTION_TERMINATED, 200, (struct flight_whom){ .member = STR("a:2") });
	end = flight_result(a.waiter.flight);
	assert_int_equal(head->error, PROXY_ERROR_NONE);
	assert_str(head->whom.member, "a:1");
	assert_ptr_equal(end->resp, r);
	assert_true(end->cut);
	assert_int_equal(end->error, PROXY_ERROR_CONNECTION_TERMINATED);
	assert_int_equal(end->answered_ns, 12345);
	assert_str(end->whom.member, "a:2");
	assert_int_equal(segs_state(r->body), SEGS_CUT);
	flight_leave(&a.waiter);
}

static void
a_refreshed_entry_is_pinned_by_the_flight(void **state)
{
	struct client a = client(0), b = client(0);
	struct flight *f = lead(&a, 1);
	struct entry *e = (struct entry *)&unpinned;
	char name[] = "shield";
	const struct flight_result *result;

	(void)state;
	enter(&b, all(1), FLIGHT_JOIN);
	flight_answered(f, 12345);
	flight_refreshed(&f, e, true, str_c(name), (struct flight_whom){ .member = STR("a:1") });
	assert_null(f);
	memset(name, '-', sizeof name);
	assert_true(would_lead(all(1)));
	assert_int_equal(flight_phase(b.waiter.flight), FLIGHT_DONE);
	result = flight_result(b.waiter.flight);
	assert_null(result->resp);
	assert_ptr_equal(result->entry, e);
	assert_int_equal(result->fwd_status, 304);
	assert_int_equal(result->answered_ns, 12345);
	assert_str(result->miss_from, "shield");
	assert_str(result->whom.member, "a:1");
	assert_int_equal(a.calls, 1);
	flight_leave(&a.waiter);
	assert_int_equal(unpinned, 0);
	flight_leave(&b.waiter);
	assert_int_equal(unpinned, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		T(an_unshareable_body_is_its_readers_alone), T(the_leader_is_woken_when_the_last_waiter_leaves),
		T(the_leader_is_woken_when_readers_went_on), T(a_result_lasts_until_the_last_has_left),
		T(who_holds_the_response_keeps_it),          T(it_may_fail_before_the_head),
		T(a_failure_after_the_head_leaves_the_head), T(a_refreshed_entry_is_pinned_by_the_flight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
