#include "far.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>

#include "net/conn_impl.h"
#include "net/tls.h"
#include "listening.h"
#include "turn.h"

#define BIG ((size_t)1024 * 1024)

static struct loop *loop;
static char dir[] = "/tmp/cairn-tls-XXXXXX";
static struct pki authority, stranger, site, other, expired, early, foreign, selfmade, guest;

/* Our end. */
static struct conn *conn;
static struct tls_context *context;
static unsigned writables, readables;
static char *seen;
static size_t seen_n, most; /* bytes read with one call */
static ssize_t last_read;

static void
on_readable(struct conn *c, void *owner)
{
	assert_ptr_equal(owner, &conn);
	readables++;
	last_read = conn_read(c, seen + seen_n, BIG - seen_n < most ? BIG - seen_n : most);
	if (last_read > 0)
		seen_n += (size_t)last_read;
	else if (last_read != -EAGAIN)
		conn_want(c, false, false);
}

static void
on_writable(struct conn *c, void *owner)
{
	(void)c;
	assert_ptr_equal(owner, &conn);
	writables++;
}

static const struct conn_events events = { on_readable, on_writable, NULL };

static const char *
path(const char *name)
{
	static char text[4][128];
	static unsigned turn;
	char *p = text[turn++ % 4];

	snprintf(p, sizeof text[0], "%s/%s", dir, name);
	return p;
}

static struct str
file(const char *name)
{
	return str_c(path(name));
}

/* ---- both ends ---- */

static void
far_turn(void)
{
	turn_once(loop);
	far_shake();
}

#define UNTIL(cond) TURN_UNTIL_BY(far_turn(), cond)

/* A few rounds, for what is not to happen. */
static void
wait_a_little(void)
{
	for (int i = 0; i < 10; i++)
		far_turn();
}

/* Both ends of a TCP connection; ours is in a conn that has connected. */
static void
join(void)
{
	union addr at;
	int l = listening_anywhere(&at, 0), err;

	writables = readables = 0;
	seen_n = 0;
	last_read = 1;
	most = BIG;
	conn = conn_connect(loop, &at, &events, &conn, &err);
	assert_non_null(conn);
	far_takes(accept4(l, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
	assert_true(far_fd >= 0);
	close(l);
	UNTIL(writables == 1);
	assert_int_equal(conn_error(conn), 0);
}

static struct tls_context *
new_context(struct tls_settings s)
{
	enum tls_flaw flaw;
	char why[TLS_TEXT];
	struct tls_context *x = tls_context_new(&s, &flaw, why);

	if (x == NULL)
		fail_msg("%s", why);
	return x;
}

static struct tls_settings
usual(void)
{
	return (struct tls_settings){ .ca = file("ca.pem"), .verify = true };
}

/* Begins; `far` answers where there is a far_ctx. */
static void
begin(const char *host)
{
	join();
	if (context == NULL)
		context = new_context(usual());
	assert_int_equal(conn_secure(conn, context, str_c(host), STR("site:443")), 0);
	assert_int_equal(writables, 1); /* nothing is told from inside */
}

static void
open_to(const char *host)
{
	begin(host);
	UNTIL(writables == 2);
	assert_int_equal(conn_error(conn), 0);
	assert_null(conn_trouble(conn));
	UNTIL(far_open());
}

static void
end_both(void)
{
	conn_close(&conn);
	far_closes();
}

static int
setup(void **state)
{
	(void)state;
	loop = loop_new();
	seen = malloc(BIG);
	far_speaks_tls(&site);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	end_both();
	far_speaks_no_tls();
	tls_context_unref(&context);
	free(seen);
	if (conn_count(loop) != 0 || ERR_peek_error() != 0)
		return 1;
	loop_free(&loop);
	return 0;
}

static void
far_speaks(int from, int to)
{
	SSL_CTX_set_min_proto_version(far_ctx, from);
	SSL_CTX_set_max_proto_version(far_ctx, to);
}

static void
far_says(const char *p, size_t n)
{
	ERR_clear_error();
	assert_int_equal(SSL_write(far, p, (int)n), n);
}

/* What has come to the server so far, up to n bytes. */
static size_t
far_hears(char *p, size_t n)
{
	size_t got = 0;
	int rc;

	ERR_clear_error();
	while (got < n && (rc = SSL_read(far, p + got, (int)(n - got))) > 0)
		got += (size_t)rc;
	return got;
}

static ssize_t
say(const char *p, size_t n)
{
	struct iovec iov[3] = { { (char *)p, n / 3 }, { (char *)p, 0 }, { (char *)p + n / 3, n - n / 3 } };

	return conn_writev(conn, iov, 3);
}

/* ---- what goes well ---- */

static void
bytes_go_both_ways(void **state)
{
	char text[16];

	(void)state;
	open_to("a.example");
	assert_string_equal(SSL_get_servername(far, TLSEXT_NAMETYPE_host_name), "a.example");
	assert_string_equal(SSL_get_version(far), "TLSv1.3");
	assert_int_equal(say("hello", 5), 5);
	conn_want(conn, true, false);
	TURN_UNTIL(loop, far_hears(text, 5) == 5);
	assert_memory_equal(text, "hello", 5);
	assert_int_equal(readables, 0); /* the tickets have come; no bytes that are ours */
	far_says("and back", 8);
	UNTIL(seen_n == 8);
	assert_memory_equal(seen, "and back", 8);
	assert_int_equal(conn_read(conn, text, 1), -EAGAIN);
	assert_false(conn_has_more(conn));
}

static int
choose(SSL *ssl, const unsigned char **out, unsigned char *n, const unsigned char *in, unsigned in_n, void *arg)
{
	(void)ssl;
	assert_int_equal(in_n, 9);
	assert_memory_equal(in, "\x08http/1.1", 9);
	*out = in + 1;
	*n = in[0];
	*(bool *)arg = true;
	return SSL_TLSEXT_ERR_OK;
}

static void
speaks_http_1_1(void **state)
{
	bool asked = false;

	(void)state;
	SSL_CTX_set_alpn_select_cb(far_ctx, choose, &asked);
	open_to("a.example");
	assert_true(asked);
}

static void
an_address_is_no_server_name(void **state)
{
	(void)state;
	open_to("127.0.0.1");
	assert_null(SSL_get_servername(far, TLSEXT_NAMETYPE_host_name));
}

static void
the_settings_may_name_the_server(void **state)
{
	struct tls_settings s = usual();

	(void)state;
	open_to("a.example.");
	assert_string_equal(SSL_get_servername(far, TLSEXT_NAMETYPE_host_name), "a.example");
	end_both();
	tls_context_unref(&context);
	s.name = STR("a.example");
	context = new_context(s);
	open_to("10.1.2.3");
	assert_string_equal(SSL_get_servername(far, TLSEXT_NAMETYPE_host_name), "a.example");
}

/* ---- who is not believed ---- */

static void
expect_trouble(const char *host, enum tls_fault fault, const char *text)
{
	const struct tls_trouble *trouble;

	begin(host);
	UNTIL(writables == 2);
	trouble = conn_trouble(conn);
	assert_true(conn_error(conn) != 0);
	assert_non_null(trouble);
	assert_int_equal(trouble->fault, fault);
	if (strstr(trouble->text, text) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", text, trouble->text);
}

static void
certificates_are_looked_at(void **state)
{
	static const struct {
		const struct pki *cert;
		const char *host, *text;
	} rows[] = {
		{ &site, "b.example", "the certificate is not for b.example but for a.example, 127.0.0.1" },
		{ &site, "127.0.0.2", "the certificate is not for 127.0.0.2 but for a.example, 127.0.0.1" },
		{ &other, "a.example", "not for a.example but for one.example, two.example, three.example and 2 more" },
		{ &expired, "a.example", "the certificate expired on 20" },
		{ &early, "a.example", "the certificate is not valid before 20" },
		{ &foreign, "a.example", "leads to no root that is trusted here: unknown issuer CN=Stranger" },
		{ &selfmade, "a.example", "the certificate is self-signed, by CN=me\\0A\\C3\\BCber" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		far_certificate(rows[i].cert);
		expect_trouble(rows[i].host, TLS_FAULT_CERTIFICATE, rows[i].text);
		end_both();
	}
}

static void
all_are_believed_where_that_is_wanted(void **state)
{
	static const struct pki *const rows[] = { &other, &expired, &foreign, &selfmade };

	(void)state;
	context = new_context((struct tls_settings){ .verify = false });
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		far_certificate(rows[i]);
		open_to("a.example");
		assert_string_equal(SSL_get_servername(far, TLSEXT_NAMETYPE_host_name), "a.example");
		end_both();
	}
}

static void
an_alert_is_told(void **state)
{
	struct tls_settings s = usual();

	(void)state;
	s.only_1_3 = true;
	context = new_context(s);
	SSL_CTX_set_max_proto_version(far_ctx, TLS1_2_VERSION);
	expect_trouble("a.example", TLS_FAULT_ALERT, "it sent the alert 70 (");
	assert_int_equal(conn_trouble(conn)->alert, 70);
}

static void
old_versions_are_not_spoken(void **state)
{
	(void)state;
	SSL_CTX_set_security_level(far_ctx, 0);
	far_speaks(TLS1_VERSION, TLS1_1_VERSION);
	expect_trouble("a.example", TLS_FAULT_ALERT, "70");
}

static void
what_is_no_tls_is_told(void **state)
{
	static const char answer[] = "HTTP/1.1 400 Bad Request\r\n\r\n";

	(void)state;
	far_speaks_no_tls();
	begin("a.example");
	assert_int_equal(send(far_fd, answer, sizeof answer - 1, 0), sizeof answer - 1);
	UNTIL(writables == 2);
	assert_int_equal(conn_trouble(conn)->fault, TLS_FAULT_PROTOCOL);
	assert_non_null(strstr(conn_trouble(conn)->text, "what came is no TLS"));
	end_both();
	begin("a.example");
	shutdown(far_fd, SHUT_WR);
	UNTIL(writables == 2);
	assert_string_equal(conn_trouble(conn)->text, "it closed the connection in the TLS handshake");
	end_both();
	begin("a.example"); /* nothing comes: whoever waits has a timer, and closes */
	wait_a_little();
	assert_int_equal(writables, 1);
}

static void
a_reset_in_the_handshake_is_no_matter_of_tls(void **state)
{
	const struct linger hard = { 1, 0 };

	(void)state;
	far_speaks_no_tls();
	begin("a.example");
	setsockopt(far_fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
	close(far_fd);
	far_fd = -1;
	UNTIL(writables == 2);
	assert_true(conn_error(conn) == -ECONNRESET || conn_error(conn) == -EPIPE);
	assert_null(conn_trouble(conn));
}

/* ---- our own certificate ---- */

static void
demand_certificate(void)
{
	SSL_CTX_set_verify(far_ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	assert_int_equal(SSL_CTX_load_verify_locations(far_ctx, path("ca.pem"), NULL), 1);
}

static void
shows_its_certificate(void **state)
{
	struct tls_settings s = usual();
	X509 *shown;

	(void)state;
	demand_certificate();
	s.certificate = file("guest.pem");
	s.key = file("guest.key");
	context = new_context(s);
	open_to("a.example");
	shown = SSL_get1_peer_certificate(far);
	assert_int_equal(X509_cmp(shown, guest.cert), 0);
	X509_free(shown);
}

/* In TLS 1.3 the server says so after our handshake is over: the first read fails. */
static void
a_missing_certificate_is_told(void **state)
{
	const struct linger hard = { 1, 0 };
	ssize_t n;

	(void)state;
	demand_certificate();
	begin("a.example");
	UNTIL(writables == 2);
	assert_int_equal(conn_error(conn), 0);
	conn_want(conn, true, false);
	UNTIL(last_read < 0 && last_read != -EAGAIN);
	assert_int_equal(last_read, -EPROTO);
	assert_int_equal(conn_trouble(conn)->fault, TLS_FAULT_ALERT);
	assert_int_equal(conn_trouble(conn)->alert, 116);
	assert_int_equal(say("x", 1), -EPROTO);
	end_both();
	begin("a.example"); /* and where the write comes too late, it is told nevertheless */
	UNTIL(writables == 2);
	while (ERR_GET_REASON(ERR_peek_error()) != SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
		far_turn();
	ERR_clear_error();
	assert_int_equal(setsockopt(far_fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard), 0);
	close(far_fd);
	far_fd = -1;
	while ((n = say("x", 1)) > 0)
		poll(NULL, 0, TURN_NAP_MS);
	assert_int_equal(n, -EPROTO);
	assert_int_equal(conn_trouble(conn)->alert, 116);
	end_both();
	SSL_CTX_set_max_proto_version(far_ctx, TLS1_2_VERSION);
	expect_trouble("a.example", TLS_FAULT_ALERT, "it sent the alert 40 (");
}

/* ---- sessions ---- */

static void
hear_tickets(void)
{
	assert_false(conn_stirs(conn));
	far_says("x", 1);
	conn_want(conn, true, false);
	UNTIL(seen_n == 1);
}

static void
sessions_are_resumed(void **state)
{
	(void)state;
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		far_speaks(version, version);
		for (int i = 0; i < 4; i++) {
			open_to("a.example");
			assert_int_equal(SSL_session_reused(far), i > 0);
			hear_tickets();
			end_both();
		}
		tls_context_unref(&context); /* what another vouched for counts for nothing */
	}
}

/* A record that nobody who knows the keys has made. */
static void
far_spoils(void)
{
	static const char record[5 + 32] = { 23, 3, 3, 0, 32 };

	assert_int_equal(write(far_fd, record, sizeof record), sizeof record);
	conn_want(conn, true, false);
	UNTIL(last_read == -EPROTO);
	assert_int_equal(conn_trouble(conn)->fault, TLS_FAULT_PROTOCOL);
}

static void
what_failed_is_not_resumed(void **state)
{
	(void)state;
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		far_speaks(version, version);
		for (int i = 0; i < 6; i++) {
			open_to("a.example");
			assert_int_equal(SSL_session_reused(far), i % 3 > 0);
			hear_tickets();
			if (i % 3 == 2) /* a resumed one */
				far_spoils();
			end_both();
		}
		tls_context_unref(&context);
	}
}

/* HTTP says how long a message is; a cut alone says nothing against the other end. */
static void
what_was_cut_is_resumed(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		open_to("a.example");
		assert_int_equal(SSL_session_reused(far), i > 0);
		hear_tickets();
		shutdown(far_fd, SHUT_WR);
		UNTIL(last_read == -ECONNRESET);
		end_both();
	}
}

static void
a_session_is_for_its_place_alone(void **state)
{
	(void)state;
	open_to("a.example");
	hear_tickets();
	end_both();
	open_to("127.0.0.1");
	assert_false(SSL_session_reused(far));
}

static void
tickets_do_not_stir(void **state)
{
	(void)state;
	open_to("a.example");
	hear_tickets();
	conn_want(conn, true, false);
	most = 0; /* whoever reads fails */
	for (int i = 0; i < 3; i++) {
		assert_int_equal(SSL_new_session_ticket(far), 1);
		assert_int_equal(SSL_do_handshake(far), 1);
		poll(NULL, 0, TURN_NAP_MS);
		assert_false(conn_stirs(conn));
	}
	far_says("x", 1);
	while (!conn_stirs(conn))
		poll(NULL, 0, TURN_NAP_MS);
}

/* ---- reading ---- */

/* One record, read byte by byte: the socket has told all that it knows with the first. */
static void
what_openssl_holds_is_told_of(void **state)
{
	(void)state;
	open_to("a.example");
	most = 1;
	conn_want(conn, true, false);
	far_says("0123456789", 10);
	UNTIL(seen_n == 4);
	conn_want(conn, false, false);
	wait_a_little();
	assert_int_equal(seen_n, 4);
	assert_true(conn_has_more(conn));
	assert_true(conn_stirs(conn));
	conn_want(conn, true, false);
	UNTIL(seen_n == 10);
	assert_memory_equal(seen, "0123456789", 10);
	wait_a_little();
	assert_true(readables <= 11);
}

static void
close_from_inside(struct conn *c, void *owner)
{
	(void)owner;
	assert_ptr_equal(c, conn);
	conn_close(&conn);
}

static void
may_be_closed_from_inside(void **state)
{
	static const struct conn_events closing = { close_from_inside, close_from_inside, NULL };
	char byte;

	(void)state;
	open_to("a.example");
	far_says("0123", 4);
	while (conn_read(conn, &byte, 1) != 1)
		poll(NULL, 0, TURN_NAP_MS);
	conn_own(conn, &closing, NULL);
	conn_want(conn, true, true);
	UNTIL(conn == NULL);
	wait_a_little();
}

static void
a_cut_is_no_end(void **state)
{
	(void)state;
	open_to("a.example");
	conn_want(conn, true, false);
	far_says("half", 4);
	SSL_shutdown(far);
	UNTIL(last_read == 0);
	assert_int_equal(seen_n, 4);
	assert_true(conn_stirs(conn));
	end_both();
	open_to("a.example");
	conn_want(conn, true, false);
	far_says("half", 4);
	shutdown(far_fd, SHUT_WR);
	UNTIL(last_read == -ECONNRESET);
	assert_int_equal(seen_n, 4);
	assert_true(conn_stirs(conn));
	assert_int_equal(conn_trouble(conn)->fault, TLS_FAULT_NONE);
	assert_string_equal(conn_trouble(conn)->text, "it closed without a close_notify");
}

/* Damage in one connection is nothing to another: the queue of errors is one a thread. */
static void
damage_stays_where_it_is(void **state)
{
	static const char damage[] = "\x17\x03\x03\0\x20this is not what was agreed upon!";

	(void)state;
	open_to("a.example");
	conn_want(conn, true, false);
	assert_int_equal(send(far_fd, damage, sizeof damage - 1, 0), sizeof damage - 1);
	UNTIL(last_read < 0 && last_read != -EAGAIN);
	assert_int_equal(last_read, -EPROTO);
	assert_int_equal(conn_trouble(conn)->fault, TLS_FAULT_PROTOCOL);
	assert_int_equal(ERR_peek_error(), 0);
	end_both();
	ERR_put_error(ERR_LIB_SSL, 0, SSL_R_BAD_LENGTH, "elsewhere", 1);
	open_to("a.example");
	hear_tickets();
}

static void
keys_may_change_on_the_way(void **state)
{
	char text[8];

	(void)state;
	open_to("a.example");
	conn_want(conn, true, false);
	for (int i = 1; i <= 3; i++) {
		assert_int_equal(SSL_key_update(far, SSL_KEY_UPDATE_REQUESTED), 1);
		far_says("x", 1);
		UNTIL(seen_n == (size_t)i);
		assert_int_equal(say("yes", 3), 3);
		TURN_UNTIL(loop, far_hears(text, 3) == 3);
		assert_memory_equal(text, "yes", 3);
	}
}

/* ---- writing ---- */

static char *
pattern(void)
{
	char *p = malloc(BIG);

	for (size_t i = 0; i < BIG; i++)
		p[i] = (char)(i * 7 >> 3);
	return p;
}

/* Sends all of `data`, offering at most `offer` bytes at a time from a buffer that is never at the same place, less of
 * them after the socket was full. */
static void
send_moving(const char *data, size_t offer, char *got)
{
	size_t sent = 0, heard = 0;
	bool full = false;

	while (heard < BIG) {
		size_t n = BIG - sent < offer ? BIG - sent : offer;
		size_t less = full && n > 100 ? n / 2 : n;
		char *moved = malloc(n + 1);
		ssize_t took;

		memcpy(moved, data + sent, less);
		took = n == 0 ? 0 : say(moved, less);
		memset(moved, 'x', n);
		free(moved);
		assert_true(took >= -EAGAIN && (took >= 0 || took == -EAGAIN));
		full = took == -EAGAIN;
		if (took > 0)
			sent += (size_t)took;
		if (full) {
			unsigned before = writables;

			conn_want(conn, false, true);
			while (writables == before) {
				heard += far_hears(got + heard, BIG - heard);
				far_turn();
			}
			conn_want(conn, false, false);
		} else if (sent == BIG) {
			heard += far_hears(got + heard, BIG - heard);
			far_turn();
		}
	}
}

static void
writes_until_full_and_goes_on(void **state)
{
	static const size_t offers[] = { BIG, 100000, 20000, 5000 };
	char *data = pattern(), *got = malloc(BIG);
	const int small = 32768;

	(void)state;
	for (size_t i = 0; i < sizeof offers / sizeof offers[0]; i++) {
		open_to("a.example");
		setsockopt(conn->fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
		memset(got, 0, BIG);
		send_moving(data, offers[i], got);
		assert_memory_equal(data, got, BIG);
		end_both();
	}
	assert_true(writables > 2);
	free(data);
	free(got);
}

static void
reads_what_is_big(void **state)
{
	char *data = pattern();
	size_t sent = 0;

	(void)state;
	open_to("a.example");
	most = 40000; /* more than a record */
	conn_want(conn, true, false);
	while (seen_n < BIG) {
		int rc = sent == BIG ? 0 : SSL_write(far, data + sent, (int)(BIG - sent));

		sent += rc > 0 ? (size_t)rc : 0;
		far_turn();
	}
	assert_memory_equal(data, seen, BIG);
	free(data);
}

/* Small pieces make one record. */
static void
pieces_share_a_record(void **state)
{
	char parts[100][10], got[1000];
	struct iovec iov[100];

	(void)state;
	open_to("a.example");
	for (size_t i = 0; i < 100; i++) {
		memset(parts[i], 'a' + (int)(i % 26), sizeof parts[i]);
		iov[i] = (struct iovec){ parts[i], sizeof parts[i] };
	}
	assert_int_equal(conn_writev(conn, iov, 100), 1000);
	while (SSL_peek(far, got, 1) <= 0)
		far_turn();
	assert_int_equal(SSL_read(far, got, sizeof got), 1000); /* never more than one record */
	assert_memory_equal(got, parts, 1000);
}

/* ---- ends ---- */

static int
far_end(void)
{
	char byte;
	int rc;

	while ((rc = SSL_read(far, &byte, 1)) <= 0 && SSL_get_error(far, rc) == SSL_ERROR_WANT_READ)
		far_turn();
	return SSL_get_error(far, rc);
}

static void
an_end_is_told(void **state)
{
	char byte;

	(void)state;
	open_to("a.example");
	conn_close(&conn);
	assert_int_equal(far_end(), SSL_ERROR_ZERO_RETURN);
	end_both();
	open_to("a.example");
	conn_abort(&conn);
	assert_int_not_equal(far_end(), SSL_ERROR_ZERO_RETURN);
	end_both();
	ERR_clear_error();
	open_to("a.example"); /* our end alone: the other may still say something */
	conn_shutdown(conn);
	assert_int_equal(far_end(), SSL_ERROR_ZERO_RETURN);
	far_says("still", 5);
	conn_want(conn, true, false);
	UNTIL(seen_n == 5);
	end_both();
	open_to("a.example");
	conn_linger(&conn);
	assert_null(conn);
	assert_int_equal(far_end(), SSL_ERROR_ZERO_RETURN);
	SSL_shutdown(far);
	TURN_UNTIL(loop, conn_count(loop) == 0);
	while (recv(far_fd, &byte, 1, 0) < 0)
		poll(NULL, 0, TURN_NAP_MS);
}

static void
writing_to_who_is_gone_raises_no_signal(void **state)
{
	ssize_t n;

	(void)state;
	open_to("a.example");
	signal(SIGPIPE, SIG_DFL);
	close(far_fd);
	far_fd = -1;
	while ((n = say("hello", 5)) > 0)
		poll(NULL, 0, TURN_NAP_MS);
	assert_true(n == -EPIPE || n == -ECONNRESET);
	assert_int_equal(conn_read(conn, seen, 1), n);
}

/* ---- contexts ---- */

static void
files_are_looked_at(void **state)
{
	static const struct {
		const char *ca, *certificate, *key;
		enum tls_flaw flaw;
		const char *why;
	} rows[] = {
		{ "none.pem", NULL, NULL, TLS_FLAW_CA, "cannot be read: No such file or directory" },
		{ "empty.pem", NULL, NULL, TLS_FLAW_CA, "has no certificate in it (PEM)" },
		{ "guest.key", NULL, NULL, TLS_FLAW_CA, "has no certificate in it (PEM)" },
		{ "broken.pem", NULL, NULL, TLS_FLAW_CA, "certificate 2 in it cannot be read: " },
		{ ".", NULL, NULL, TLS_FLAW_CA, "cannot be read: Is a directory" },
		{ NULL, "none.pem", "guest.key", TLS_FLAW_CERTIFICATE, "cannot be read: No such file or directory" },
		{ NULL, "empty.pem", "guest.key", TLS_FLAW_CERTIFICATE, "has no certificate in it (PEM)" },
		{ NULL, "broken.pem", "guest.key", TLS_FLAW_CERTIFICATE, "its chain cannot be read: " },
		{ NULL, "guest.pem", "none.key", TLS_FLAW_KEY, "cannot be read: No such file or directory" },
		{ NULL, "guest.pem", "guest.pem", TLS_FLAW_KEY, "has no private key in it that can be read (PEM)" },
		{ NULL, "guest.pem", NULL, TLS_FLAW_CERTIFICATE, "has no private key in it that can be read (PEM)" },
		{ NULL, "guest.pem", "site.key", TLS_FLAW_KEY, "its key does not fit the certificate" },
		{ NULL, "guest.pem", "empty.pem", TLS_FLAW_KEY, "has no private key in it that can be read (PEM)" },
		{ NULL, "guest.pem", "locked.key", TLS_FLAW_KEY, "has a key under a passphrase: give one without" },
		{ "ca.pem", "guest.pem", "guest.key", TLS_FLAW_OTHER, NULL },
		{ "ca.pem", "both.pem", NULL, TLS_FLAW_OTHER, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct tls_settings s = { .verify = true };
		enum tls_flaw flaw;
		char why[TLS_TEXT];
		struct tls_context *x;

		s.ca = rows[i].ca == NULL ? STR_NONE : file(rows[i].ca);
		s.certificate = rows[i].certificate == NULL ? STR_NONE : file(rows[i].certificate);
		s.key = rows[i].key == NULL ? STR_NONE : file(rows[i].key);
		x = tls_context_new(&s, &flaw, why);
		if ((x == NULL) != (rows[i].why != NULL))
			fail_msg("row %zu: %s", i, x == NULL ? why : "was made");
		if (x == NULL && strstr(why, rows[i].why) != why)
			fail_msg("row %zu: %s", i, why);
		if (x == NULL)
			assert_int_equal(flaw, rows[i].flaw);
		tls_context_unref(&x);
		assert_int_equal(ERR_peek_error(), 0);
	}
}

static void
the_same_is_known_again(void **state)
{
	struct tls_settings s = usual(), t = usual();
	struct tls_context *a = new_context(s), *b = new_context(s);

	(void)state;
	assert_true(tls_context_same(a, b));
	tls_context_unref(&b);
	t.ca = file("ca-copy.pem"); /* it is what is in them that counts */
	b = new_context(t);
	assert_true(tls_context_same(a, b));
	tls_context_unref(&b);
	for (int i = 0; i < 5; i++) {
		t = usual();
		t.ca = i == 0 ? STR_NONE : i == 1 ? file("both.pem") : t.ca;
		t.verify = i != 2;
		t.only_1_3 = i == 3;
		t.name = i == 4 ? STR("a.example") : STR_NONE;
		b = new_context(t);
		assert_false(tls_context_same(a, b));
		tls_context_unref(&b);
	}
	tls_context_unref(&a);
}

static void
the_systems_roots_are_found(void **state)
{
	(void)state;
	setenv("SSL_CERT_FILE", path("none"), 1);
	setenv("SSL_CERT_DIR", dir, 1);
	assert_false(tls_system_has_roots());
	setenv("SSL_CERT_FILE", path("ca.pem"), 1);
	assert_true(tls_system_has_roots());
	context = new_context((struct tls_settings){ .verify = true });
	open_to("a.example");
	end_both();
	tls_context_unref(&context);
	unsetenv("SSL_CERT_FILE");
	pki_write(&authority, path("00000000.0"), true, false, NULL); /* a hash that nobody asks for */
	assert_true(tls_system_has_roots());
	context = new_context((struct tls_settings){ .verify = true });
	expect_trouble("a.example", TLS_FAULT_CERTIFICATE, "unknown issuer CN=Authority");
	unlink(path("00000000.0"));
	unsetenv("SSL_CERT_DIR");
}

/* ---- all of it ---- */

static void
write_files(void)
{
	FILE *f;

	pki_write(&authority, path("ca.pem"), true, false, NULL);
	pki_write(&authority, path("ca-copy.pem"), true, false, NULL);
	pki_write(&guest, path("guest.pem"), true, false, NULL);
	pki_write(&guest, path("guest.key"), false, true, NULL);
	pki_write(&guest, path("locked.key"), false, true, "word");
	pki_write(&guest, path("both.pem"), true, true, NULL);
	pki_write(&site, path("site.key"), false, true, NULL);
	pki_write(&guest, path("broken.pem"), true, false, NULL);
	f = fopen(path("broken.pem"), "a");
	fputs("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", f);
	fclose(f);
	fclose(fopen(path("empty.pem"), "w"));
}

static int
setup_all(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return 1;
	authority = pki_make("Authority", NULL, NULL, -9, 9);
	stranger = pki_make("Stranger", NULL, NULL, -9, 9);
	site = pki_make("site", "DNS:a.example,IP:127.0.0.1", &authority, -1, 1);
	other = pki_make("other", "DNS:one.example,DNS:two.example,DNS:three.example,DNS:four.example,IP:::1",
			 &authority, -1, 1);
	expired = pki_make("expired", "DNS:a.example", &authority, -3, -2);
	early = pki_make("early", "DNS:a.example", &authority, 2, 3);
	foreign = pki_make("foreign", "DNS:a.example", &stranger, -1, 1);
	selfmade = pki_make("me\n\xc3\xbc"
			    "ber",
			    "DNS:a.example", NULL, -1, 1);
	guest = pki_make("guest", "DNS:guest.example", &authority, -1, 1);
	write_files();
	return 0;
}

static int
teardown_all(void **state)
{
	static const char *const files[] = { "ca.pem",   "ca-copy.pem", "guest.pem",  "guest.key", "locked.key",
					     "both.pem", "site.key",    "broken.pem", "empty.pem" };
	struct pki *const all[] = {
		&authority, &stranger, &site, &other, &expired, &early, &foreign, &selfmade, &guest
	};

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		unlink(path(files[i]));
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		pki_free(all[i]);
	return rmdir(dir);
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(bytes_go_both_ways),
		ROW(speaks_http_1_1),
		ROW(an_address_is_no_server_name),
		ROW(the_settings_may_name_the_server),
		ROW(certificates_are_looked_at),
		ROW(all_are_believed_where_that_is_wanted),
		ROW(an_alert_is_told),
		ROW(old_versions_are_not_spoken),
		ROW(what_is_no_tls_is_told),
		ROW(a_reset_in_the_handshake_is_no_matter_of_tls),
		ROW(shows_its_certificate),
		ROW(a_missing_certificate_is_told),
		ROW(sessions_are_resumed),
		ROW(what_failed_is_not_resumed),
		ROW(what_was_cut_is_resumed),
		ROW(a_session_is_for_its_place_alone),
		ROW(tickets_do_not_stir),
		ROW(what_openssl_holds_is_told_of),
		ROW(may_be_closed_from_inside),
		ROW(a_cut_is_no_end),
		ROW(damage_stays_where_it_is),
		ROW(keys_may_change_on_the_way),
		ROW(writes_until_full_and_goes_on),
		ROW(reads_what_is_big),
		ROW(pieces_share_a_record),
		ROW(an_end_is_told),
		ROW(writing_to_who_is_gone_raises_no_signal),
		ROW(files_are_looked_at),
		ROW(the_same_is_known_again),
		ROW(the_systems_roots_are_found),
	};

	return cmocka_run_group_tests(tests, setup_all, teardown_all);
}
