#include "unit.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "explain/visit.h"

#define MANY          (1 << 20)
#define TLS_HANDSHAKE 0x16 /* RFC 8446 5.1 */

static struct arena *arena;

/* ---- a server that answers one request a connection, by its path ---- */

static const struct {
	const char *path, *answer; /* NULL: it says nothing, and keeps the connection open */
} answers[] = {
	{ "/plain",
	  "HTTP/1.1 200 OK\r\nX-Cache: HIT\r\nX-Folded: a\r\n  b\r\nX-Cache: MISS\r\nContent-Length: 5\r\n\r\nhello" },
	{ "/interim", "HTTP/1.1 103 Early\r\nX-Early: 1\r\n\r\nHTTP/1.0 404 Not Found\r\nX-Late: 1\r\n\r\ngone" },
	{ "/trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Cache: HIT\r\n\r\n" },
	{ "/coded", "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\nxx" },
	{ "/cut", "HTTP/1.1 200 OK\r\nX-Cache: HIT\r\nContent-Length: 50\r\n\r\nhello" },
	{ "/cut-head", "HTTP/1.1 200 OK\r\nX-Cache: HI" },
	{ "/closed", "" },
	{ "/not-http", "SSH-2.0-OpenSSH_9.2\r\n" },
	{ "/silent", NULL },
	{ "/moved", "HTTP/1.1 301 Moved\r\nLocation: plain?x#y\r\nContent-Length: 0\r\n\r\n" },
	{ "/round", "HTTP/1.1 302 Found\r\nLocation: /round\r\nContent-Length: 0\r\n\r\n" },
	{ "/away", "HTTP/1.1 302 Found\r\nLocation: ftp://example.org/\r\nContent-Length: 0\r\n\r\n" },
	{ "/across",
	  "HTTP/1.1 307 Temporary\r\nLocation: http://other.example:PORT/plain\r\nContent-Length: 0\r\n\r\n" },
};

static struct server {
	pthread_t thread;
	int fd;
	unsigned port, deaf_port;
	int deaf;             /* bound, and not listening */
	char asked[16][2048]; /* what came */
	unsigned count;
	int silent;
} server;

/* Writes an answer, with PORT in it replaced. */
static void
answer_with(int fd, const char *answer)
{
	const char *port = strstr(answer, "PORT");
	char text[512];
	int n;

	if (port == NULL)
		n = snprintf(text, sizeof text, "%s", answer);
	else
		n = snprintf(text, sizeof text, "%.*s%u%s", (int)(port - answer), answer, server.port, port + 4);
	assert_int_equal(write(fd, text, (size_t)n), n);
}

static void
serve_one(int fd)
{
	char *asked = server.asked[server.count++ % 16];
	size_t n = 0;
	ssize_t got;

	asked[0] = '\0';
	while (strstr(asked, "\r\n\r\n") == NULL && (got = read(fd, asked + n, 2047 - n)) > 0) {
		asked[n += (size_t)got] = '\0';
		if (asked[0] == TLS_HANDSHAKE) { /* it is answered in the clear */
			answer_with(fd, "HTTP/1.1 400 Bad\r\n\r\n");
			break;
		}
	}
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		size_t length = strlen(answers[i].path);
		const char *path = strchr(asked, '/');

		if (path == NULL || strncmp(path, answers[i].path, length) != 0 || strchr(" ?", path[length]) == NULL)
			continue;
		if (answers[i].answer == NULL)
			server.silent = dup(fd);
		else
			answer_with(fd, answers[i].answer);
		break;
	}
	close(fd);
}

static void *
serve(void *arg)
{
	int fd;

	(void)arg;
	while ((fd = accept(server.fd, NULL, NULL)) >= 0)
		serve_one(fd);
	return NULL;
}

static int
socket_at(unsigned *port)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	socklen_t n = sizeof any;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&any, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&any, &n), 0);
	*port = ntohs(any.sin_port);
	return fd;
}

static int
setup(void **state)
{
	(void)state;
	arena = arena_new(MANY);
	server.silent = -1;
	server.fd = socket_at(&server.port);
	server.deaf = socket_at(&server.deaf_port);
	assert_int_equal(listen(server.fd, 16), 0);
	return pthread_create(&server.thread, NULL, serve, NULL);
}

static int
teardown(void **state)
{
	(void)state;
	shutdown(server.fd, SHUT_RDWR);
	pthread_join(server.thread, NULL);
	close(server.fd);
	close(server.deaf);
	if (server.silent >= 0)
		close(server.silent);
	arena_free(&arena);
	return 0;
}

static const char *
url_at(unsigned port, const char *path)
{
	return arena_printf(arena, "http://127.0.0.1:%u%s", port, path).p;
}

static const char *
url_of(const char *path)
{
	return url_at(server.port, path);
}

#define assert_url(url, path) assert_true(str_eq((url), str_c(url_of(path))))

/* The only response of a visit, or none. Only who waits for nothing has to be through with it soon: all else takes as long as a busy machine makes it. */
static enum visit_result
visit_once(const char *url, struct exchange *x, char *why, size_t cap)
{
	const struct visit_plan plan = { .url = url, .limit_ms = strstr(url, "/silent") != NULL ? 2000 : 60000 };
	struct visit *v = visit_new(&plan);
	enum visit_result result = visit_next(v, arena, x);
	struct exchange none;

	snprintf(why, cap, "%.*s", STR_FMT(visit_why(v)));
	assert_int_equal(visit_next(v, arena, &none), VISIT_END);
	visit_free(&v);
	assert_null(v);
	return result;
}

/* ---- what comes ---- */

static void
a_response_is_heard_whole(void **state)
{
	struct exchange x;
	char why[512];

	(void)state;
	assert_int_equal(visit_once(url_of("/plain#part"), &x, why, sizeof why), VISIT_RESPONSE);
	assert_string_equal(why, "");
	assert_int_equal(x.response.status, 200);
	assert_str(x.response.reason, "OK");
	assert_int_equal(x.response.count, 4);
	assert_str(head_joined(&x.response, hdr_id(STR("X-Cache")), arena), "HIT, MISS");
	assert_str(field_value(head_named(&x.response, STR("x-folded"))), "a b");
	assert_url(x.url, "/plain");
	assert_str(x.server_ip, "127.0.0.1");
	assert_str(x.from, "");
	assert_int_equal(x.body_bytes, 5);
	assert_true(x.wire_bytes > 5);
	assert_true(x.wait_us > 0 && x.wait_us <= x.all_us);
	assert_true(x.came_ms >= x.started_ms);
	assert_true(x.has_request);
	assert_str(x.method, "GET");
	assert_int_equal(x.request.method, METHOD_GET);
	assert_str(x.request.target, "/plain");
	assert_true(head_has(&x.request, HDR_HOST));
}

static void
interim_responses_and_trailers_are_no_part_of_it(void **state)
{
	struct exchange x;
	char why[512];

	(void)state;
	assert_int_equal(visit_once(url_of("/interim"), &x, why, sizeof why), VISIT_RESPONSE);
	assert_int_equal(x.response.status, 404);
	assert_int_equal(x.response.minor, 0);
	assert_int_equal(x.response.count, 1);
	assert_int_equal(visit_once(url_of("/trailers"), &x, why, sizeof why), VISIT_RESPONSE);
	assert_int_equal(x.response.count, 1);
	assert_int_equal(x.body_bytes, 3);
	assert_int_equal(visit_once(url_of("/coded"), &x, why, sizeof why), VISIT_RESPONSE);
	assert_int_equal(x.body_bytes, EXCHANGE_UNKNOWN);
}

/* ---- what goes wrong ---- */

static void
failures_are_told_apart(void **state)
{
	static const struct {
		const char *url; /* a path: of our server; NULL: where nobody listens */
		enum visit_result result;
		const char *says;
	} rows[] = {
		/* A label is of 63 bytes at most (RFC 1035 2.3.4): that is known without asking anybody. */
		{ "http://0123456789012345678901234567890123456789012345678901234567890123.example/", VISIT_FAILED,
		  "the name cannot be found" },
		{ NULL, VISIT_FAILED, "no connection came about" },
		{ "/silent", VISIT_FAILED, "no response came" },
		{ "/closed", VISIT_FAILED, "the connection was cut" },
		{ "/cut-head", VISIT_FAILED, "" },
		{ "/not-http", VISIT_FAILED, "what came is not HTTP" },
		{ "/cut", VISIT_RESPONSE, "the connection was cut" },
		{ "/away", VISIT_RESPONSE, "it redirects to what is no URL of http or https" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *path = rows[i].url;
		const char *url = path == NULL ? url_at(server.deaf_port, "/") : path[0] == '/' ? url_of(path) : path;
		struct exchange x;
		char why[512];

		assert_int_equal(visit_once(url, &x, why, sizeof why), rows[i].result);
		if (why[0] == '\0' || strstr(why, rows[i].says) == NULL)
			fail_msg("%s: \"%s\" does not say \"%s\"", url, why, rows[i].says);
	}
}

static void
who_answers_in_the_clear_is_a_failure_of_tls(void **state)
{
	struct exchange x;
	char why[512];

	(void)state;
	assert_int_equal(
	    visit_once(arena_printf(arena, "https://127.0.0.1:%u/plain", server.port).p, &x, why, sizeof why),
	    VISIT_FAILED);
	assert_non_null(strstr(why, "TLS failed"));
}

static void
what_cannot_be_asked_is_said_before(void **state)
{
	static const char *const bad_fields[] = { "no colon", ": nameless", "a b: c", "A: b\r\nC: d" };
	static const char *const bad_resolves[] = { "host", "host:80", "host:80:", "[::1:80:x" };
	static const char *const bad_urls[] = { "ftp://a.example/", "file:///etc/passwd", "http://", "http://a b/",
						"a.example" };
	const char *field = "A: b", *resolve = "[::1]:80:127.0.0.1";
	struct visit_plan plan = {
		.url = "http://a.example/", .fields = &field, .resolve = &resolve, .field_count = 1, .resolve_count = 1
	};

	(void)state;
	assert_str(visit_check(&plan, arena), "");
	for (size_t i = 0; i < sizeof bad_fields / sizeof *bad_fields; i++) {
		field = bad_fields[i];
		assert_true(visit_check(&plan, arena).n > 0);
	}
	field = "A:";
	for (size_t i = 0; i < sizeof bad_resolves / sizeof *bad_resolves; i++) {
		resolve = bad_resolves[i];
		assert_true(visit_check(&plan, arena).n > 0);
	}
	resolve = "a:80:127.0.0.1,[::1]";
	for (size_t i = 0; i < sizeof bad_urls / sizeof *bad_urls; i++) {
		plan.url = bad_urls[i];
		assert_true(visit_check(&plan, arena).n > 0);
	}
	plan.url = "https://user:secret@[::1]:81/a?b#c";
	assert_str(visit_check(&plan, arena), "");
	plan.repeat = VISIT_REPEAT_MAX + 1;
	assert_true(visit_check(&plan, arena).n > 0);
}

/* ---- redirects ---- */

static void
each_hop_is_a_response(void **state)
{
	const struct visit_plan plan = { .url = url_of("/moved") };
	struct visit *v = visit_new(&plan);
	struct exchange x;

	(void)state;
	assert_int_equal(visit_next(v, arena, &x), VISIT_RESPONSE);
	assert_int_equal(x.response.status, 301);
	assert_int_equal(visit_next(v, arena, &x), VISIT_RESPONSE);
	assert_int_equal(x.response.status, 200);
	assert_url(x.url, "/plain?x");
	assert_str(x.from, "redirect 1");
	assert_int_equal(visit_next(v, arena, &x), VISIT_END);
	visit_free(&v);
}

static void
redirects_come_to_an_end(void **state)
{
	const struct visit_plan plan = { .url = url_of("/round") };
	struct visit *v = visit_new(&plan);
	struct exchange x;

	(void)state;
	for (unsigned i = 0; i <= VISIT_HOPS_MAX; i++) {
		assert_str(visit_why(v), "");
		assert_int_equal(visit_next(v, arena, &x), VISIT_RESPONSE);
	}
	assert_true(visit_why(v).n > 0);
	assert_int_equal(visit_next(v, arena, &x), VISIT_END);
	visit_free(&v);
}

static bool
was_said(unsigned i, const char *text)
{
	return strstr(server.asked[i], text) != NULL;
}

static void
what_is_for_one_origin_is_not_told_another(void **state)
{
	const char *const fields[] = { "Authorization: Basic x", "cookie: a=b", "X-Mine: 1", "Accept:" };
	const char *resolve = arena_printf(arena, "other.example:%u:127.0.0.1", server.port).p;
	const struct visit_plan plan = {
		.url = arena_printf(arena, "http://user:secret@127.0.0.1:%u/across", server.port).p,
		.fields = fields,
		.field_count = 4,
		.resolve = &resolve,
		.resolve_count = 1,
		.ask = true,
		.token = "the-token",
	};
	struct visit *v = visit_new(&plan);
	struct exchange x;

	(void)state;
	server.count = 0;
	assert_int_equal(visit_next(v, arena, &x), VISIT_RESPONSE);
	assert_url(x.url, "/across");
	assert_int_equal(visit_next(v, arena, &x), VISIT_RESPONSE);
	assert_int_equal(x.response.status, 200);
	visit_free(&v);
	assert_int_equal(server.count, 2);
	for (unsigned i = 0; i < 2; i++) {
		bool first = i == 0;

		assert_int_equal(was_said(i, "Authorization: Basic x\r\n"), first);
		assert_int_equal(was_said(i, "cookie: a=b\r\n"), first);
		assert_int_equal(was_said(i, "Cairn-Trace: the-token\r\n"), first);
		assert_true(was_said(i, "X-Mine: 1\r\n"));
		assert_true(was_said(i, "Fastly-Debug: 1\r\n"));
		assert_true(was_said(i, "Pragma: akamai-x-cache-on, akamai-x-cache-remote-on, "));
		assert_false(was_said(i, "\r\nAccept:"));
		assert_false(was_said(i, "secret"));
	}
	assert_false(was_said(1, "Authorization"));
}

/* ---- several times ---- */

static void
each_asking_takes_the_next_address(void **state)
{
	const char *resolve = arena_printf(arena, "nodes.example:%u:127.0.0.1,127.0.0.2", server.port).p;
	const struct visit_plan plan = { .url = arena_printf(arena, "http://nodes.example:%u/plain", server.port).p,
					 .resolve = &resolve,
					 .resolve_count = 1,
					 .repeat = 3 };
	static const char *const addresses[] = { "127.0.0.1", "127.0.0.2", "127.0.0.1" };
	static const char *const places[] = { "request 1 of 3", "request 2 of 3", "request 3 of 3" };
	struct visit *v = visit_new(&plan);
	struct exchange x;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(visit_next(v, arena, &x), VISIT_RESPONSE);
		assert_true(str_eq(x.server_ip, str_c(addresses[i])));
		assert_true(str_eq(x.from, str_c(places[i])));
	}
	assert_int_equal(visit_next(v, arena, &x), VISIT_END);
	visit_free(&v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_response_is_heard_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(interim_responses_and_trailers_are_no_part_of_it, setup, teardown),
		cmocka_unit_test_setup_teardown(failures_are_told_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(who_answers_in_the_clear_is_a_failure_of_tls, setup, teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_asked_is_said_before, setup, teardown),
		cmocka_unit_test_setup_teardown(each_hop_is_a_response, setup, teardown),
		cmocka_unit_test_setup_teardown(redirects_come_to_an_end, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_for_one_origin_is_not_told_another, setup, teardown),
		cmocka_unit_test_setup_teardown(each_asking_takes_the_next_address, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
