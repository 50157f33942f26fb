#include "net/far.h"

#include <errno.h>
#include <fcntl.h>

#include "base/counter.h"
#include "net/listening.h"
#include "net/tls.h"
#include "net/turn.h"
#include "peer/upconn.h"

#define LONG_MS (60 * MS_PER_S)

static char dir[] = "/tmp/cairn-upconn-XXXXXX";
static char ca[64], copy[64], other_ca[64];

static struct loop *loop;
static struct resolver *resolver;
static struct upconn_pool *pool;
static struct tls_context *trust;
static struct member *member;

static int listen_fd; /* of far, which takes one connection at a time */
static char url[64];

/* The borrower. */
static struct upconn *u;
static unsigned opened;
static enum upconn_fault fault;
static uint8_t alert;
static char why[TLS_TEXT];

static void
on_opened(struct upconn *of, void *owner, enum upconn_fault how, const char *text)
{
	(void)owner;
	assert_ptr_equal(of, u);
	opened++;
	fault = how;
	alert = how == UPCONN_OK ? 0 : upconn_alert(u);
	if (how != UPCONN_OK)
		upconn_drop(&u); /* the words stay */
	snprintf(why, sizeof why, "%s", text == NULL ? "" : text);
}

static const struct upconn_events events = { .opened = on_opened };

static void
far_turn(void)
{
	turn_once(loop);
	if (far_fd < 0)
		far_takes(accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
	far_shake();
	ERR_clear_error();
}

#define UNTIL(cond) TURN_UNTIL_BY(far_turn(), cond)

static struct tls_context *
context(const char *file)
{
	const struct tls_settings s = { .ca = str_c(file), .verify = true };
	enum tls_flaw flaw;
	struct tls_context *x = tls_context_new(&s, &flaw, why);

	if (x == NULL)
		fail_msg("%s", why);
	return x;
}

static struct member *
new_member(struct tls_context *x)
{
	const char *wrong;
	struct member *m = member_new(str_c(url), x, &wrong);

	assert_non_null(m);
	return m;
}

static void
new_pool(int64_t connect_ms)
{
	const struct upconn_limits limits = { 4, LONG_MS, connect_ms };

	upconn_pool_free(&pool);
	pool = upconn_pool_new(loop, resolver, &limits);
}

static struct pki authority, stranger, site;

static int
setup(void **state)
{
	union addr at;

	(void)state;
	counter_thread_begin();
	loop = loop_new();
	resolver = resolver_new(loop);
	new_pool(LONG_MS);
	listen_fd = listening_anywhere(&at, SOCK_NONBLOCK);
	snprintf(url, sizeof url, "https://127.0.0.1:%u", addr_port(&at));
	far_speaks_tls(&site);
	trust = context(ca);
	member = new_member(trust);
	opened = 0;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	upconn_drop(&u);
	upconn_pool_free(&pool);
	far_closes();
	member_let_go(&member);
	tls_context_unref(&trust);
	far_speaks_no_tls();
	close(listen_fd);
	resolver_free(&resolver);
	if (conn_count(loop) != 0)
		return 1;
	loop_free(&loop);
	counter_thread_end();
	return 0;
}

static void
open_to(struct member *m)
{
	opened = 0;
	u = upconn_open(pool, m, UPCONN_PROVED, &events, NULL);
	assert_non_null(u);
	if (upconn_ready(u))
		return;
	UNTIL(opened == 1);
}

static void
it_is_open_when_it_is_secured(void **state)
{
	uint64_t handshakes = counter_sum(COUNTER_TLS_HANDSHAKES), resumed = counter_sum(COUNTER_TLS_RESUMED);

	(void)state;
	open_to(member);
	assert_int_equal(fault, UPCONN_OK);
	assert_true(upconn_ready(u));
	assert_false(SSL_in_init(far));
	assert_int_equal(counter_sum(COUNTER_TLS_HANDSHAKES), handshakes + 1);
	while (SSL_write(far, "x", 1) <= 0)
		far_turn();
	while (!conn_stirs(upconn_conn(u))) /* and the tickets are here */
		poll(NULL, 0, TURN_NAP_MS);
	upconn_drop(&u);
	far_closes();
	open_to(member);
	UNTIL(!SSL_in_init(far));
	assert_true(SSL_session_reused(far));
	assert_int_equal(counter_sum(COUNTER_TLS_HANDSHAKES), handshakes + 2);
	assert_int_equal(counter_sum(COUNTER_TLS_RESUMED), resumed + 1);
}

static void
what_fails_says_why(void **state)
{
	uint64_t failures = counter_sum(COUNTER_TLS_FAILURES);
	struct tls_context *x = context(other_ca);
	struct member *m = new_member(x);

	(void)state;
	open_to(m);
	assert_int_equal(fault, UPCONN_CERTIFICATE);
	assert_non_null(strstr(why, "unknown issuer CN=Authority"));
	upconn_drop(&u);
	far_closes();
	SSL_CTX_set_max_proto_version(far_ctx, TLS1_2_VERSION);
	SSL_CTX_set_cipher_list(far_ctx, "AES128-SHA"); /* for keys of RSA, which this is not */
	open_to(member);
	assert_int_equal(fault, UPCONN_ALERT);
	assert_int_equal(alert, 40);
	upconn_drop(&u);
	far_closes();
	far_speaks_no_tls();
	opened = 0;
	u = upconn_open(pool, member, UPCONN_PROVED, &events, NULL);
	UNTIL(far_fd >= 0);
	assert_int_equal(send(far_fd, "220 ready\r\n", 11, 0), 11);
	UNTIL(opened == 1);
	assert_int_equal(fault, UPCONN_TLS);
	assert_int_equal(counter_sum(COUNTER_TLS_FAILURES), failures + 3);
	upconn_drop(&u);
	member_let_go(&m);
	tls_context_unref(&x);
}

static void
the_handshake_has_the_time_of_connecting(void **state)
{
	(void)state;
	far_speaks_no_tls();
	new_pool(30);
	open_to(member);
	assert_int_equal(fault, UPCONN_TIMEOUT);
	assert_string_equal(why, "the TLS handshake took too long");
}

static void
dropped_in_the_handshake_it_tells_nothing(void **state)
{
	(void)state;
	far_speaks_no_tls();
	u = upconn_open(pool, member, UPCONN_PROVED, &events, NULL);
	UNTIL(far_fd >= 0);
	far_turn();
	upconn_drop(&u);
	for (int i = 0; i < 5; i++)
		far_turn();
	assert_int_equal(opened, 0);
	assert_int_equal(conn_count(loop), 0);
}

/* Is the next one opened anew? */
static bool
is_anew(struct member *m)
{
	struct upconn *next = upconn_open(pool, m, UPCONN_PROVED, &events, NULL);
	bool anew = !upconn_ready(next);

	if (anew)
		upconn_drop(&next);
	else
		upconn_keep(&next);
	return anew;
}

static void
a_late_ticket_ends_no_idle_one(void **state)
{
	(void)state;
	open_to(member);
	UNTIL(!SSL_in_init(far));
	upconn_keep(&u);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(SSL_new_session_ticket(far), 1);
		assert_int_equal(SSL_do_handshake(far), 1);
		for (int k = 0; k < 5; k++)
			far_turn();
		assert_int_equal(upconn_idle(pool), 1);
	}
	assert_false(is_anew(member));
	SSL_shutdown(far);
	UNTIL(upconn_idle(pool) == 0);
}

static void
what_was_secured_is_good_under_its_trust_alone(void **state)
{
	struct tls_context *same = context(copy), *not_same = context(other_ca);
	struct member *m = new_member(same), *n = new_member(not_same), *plain;
	const char *wrong;

	(void)state;
	memmove(url + 4, url + 5, strlen(url + 4)); /* "http:" */
	plain = member_new(str_c(url), trust, &wrong);
	assert_true(str_eq(plain->label, member->label));
	open_to(member);
	UNTIL(!SSL_in_init(far));
	upconn_keep(&u);
	assert_false(is_anew(m));
	assert_true(is_anew(n));
	assert_true(is_anew(plain));
	member_let_go(&plain);
	member_let_go(&m);
	member_let_go(&n);
	tls_context_unref(&same);
	tls_context_unref(&not_same);
}

/* Two names that are followed may lead to one address, where sites share a server. */
static void
what_was_secured_is_good_for_its_name_alone(void **state)
{
	const char *wrong, *port = strrchr(url, ':');
	char other_url[64];
	struct member *name, *other;
	union addr at;

	(void)state;
	assert_true(addr_parse_ip(STR("127.0.0.1"), 0, &at));
	snprintf(other_url, sizeof other_url, "https://other.example%s", port);
	name = member_new(str_c(other_url), trust, &wrong);
	other = member_at(name, &at);
	assert_true(str_eq(other->label, member->label));
	open_to(member);
	UNTIL(!SSL_in_init(far));
	upconn_keep(&u);
	assert_true(is_anew(other));
	assert_false(is_anew(member));
	member_let_go(&other);
	member_let_go(&name);
}

/* The configuration that a shelf began under is read anew, and the connection that began it ends: what came to lie
 * there later is known by the same trust still. */
static void
a_shelf_outlives_the_trust_it_began_with(void **state)
{
	struct tls_context *same = context(copy);
	struct member *later = new_member(same);
	struct upconn *first;
	SSL *first_far;
	int first_fd;

	(void)state;
	open_to(member);
	UNTIL(!SSL_in_init(far));
	first = u;
	first_far = far;
	first_fd = far_fd;
	far = NULL;
	far_fd = -1;
	open_to(later);
	UNTIL(!SSL_in_init(far));
	upconn_keep(&first);
	upconn_keep(&u);
	assert_int_equal(upconn_idle(pool), 2);
	SSL_free(first_far);
	close(first_fd);
	UNTIL(upconn_idle(pool) == 1);
	member_let_go(&member);
	tls_context_unref(&trust); /* the test's was the last but the shelf's */
	assert_false(is_anew(later));
	member_let_go(&later);
	tls_context_unref(&same);
}

static int
setup_all(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(ca, sizeof ca, "%s/ca.pem", dir);
	snprintf(copy, sizeof copy, "%s/copy.pem", dir);
	snprintf(other_ca, sizeof other_ca, "%s/other.pem", dir);
	authority = pki_make("Authority", NULL, NULL, -1, 1);
	stranger = pki_make("Stranger", NULL, NULL, -1, 1);
	site = pki_make("site", "IP:127.0.0.1", &authority, -1, 1);
	pki_write(&authority, ca, true, false, NULL);
	pki_write(&authority, copy, true, false, NULL);
	pki_write(&stranger, other_ca, true, false, NULL);
	return 0;
}

static int
teardown_all(void **state)
{
	(void)state;
	pki_free(&authority);
	pki_free(&stranger);
	pki_free(&site);
	unlink(ca);
	unlink(copy);
	unlink(other_ca);
	return rmdir(dir);
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(it_is_open_when_it_is_secured),
		ROW(what_fails_says_why),
		ROW(the_handshake_has_the_time_of_connecting),
		ROW(dropped_in_the_handshake_it_tells_nothing),
		ROW(a_late_ticket_ends_no_idle_one),
		ROW(what_was_secured_is_good_under_its_trust_alone),
		ROW(what_was_secured_is_good_for_its_name_alone),
		ROW(a_shelf_outlives_the_trust_it_began_with),
	};

	return cmocka_run_group_tests(tests, setup_all, teardown_all);
}
