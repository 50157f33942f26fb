#include "cache/store_kit.h"
#include "net/turn.h"
#include "node_case.h"

#include <errno.h>
#include <jansson.h>

#include "net/listener.h"
#include "ops/admin.h"
#include "peer/digest_peer.h"

#define YAML                                                                                                    \
	"node: {name: edge-1, workers: 1}\n"                                                                    \
	"listeners: [{address: \"127.0.0.1:80\"}]\n"                                                            \
	"upstreams:\n"                                                                                          \
	"  site: {members: [\"http://127.0.0.1:8000\"]}\n"                                                      \
	"  shield: {kind: parent, members: [http://b, http://c]}\n"                                             \
	"routes:\n"                                                                                             \
	"  - {host: a.example, path: /private/, upstream: site, cache: {enabled: false}}\n"                     \
	"  - {host: a.example, upstream: site, cache: {ignore_query: [\"utm_*\"], bypass: [\"cookie:sid\"]},\n" \
	"     request_fields: {set: [\"Authorization: Basic c2VjcmV0\"]}}\n"                                    \
	"  - {host: b.example, upstream: shield}\n"                                                             \
	"store: {memory: 8M, max_object: 1025}\n"                                                               \
	"timeouts: {head: 1500ms, idle: 2m}\n"                                                                  \
	"trail: {secret: hush, token: hush}\n"                                                                  \
	"admin: {names: [cairn.internal]}\n"

static struct loop *loop;
static struct admin *admin;
static union addr at;
static struct kit kit;
static bool is_ready, reload_works;

static bool
on_reload(void *ctx, struct strbuf *say)
{
	assert_ptr_equal(ctx, &node);
	strbuf_lit(say, "c.yaml:1:2: what there is to say\n");
	return reload_works;
}

static bool
on_ready(void *ctx)
{
	assert_ptr_equal(ctx, &node);
	return is_ready;
}

static int
enter(void **state)
{
	const struct admin_hooks hooks = { on_reload, on_ready, &node };
	const char *why = NULL;
	int fd;

	if (enter_node(state) != 0)
		return -1;
	open_node(YAML);
	kit = (struct kit){ .store = node.store, .a = arena_new(1 << 20), .now = clock_now().wall_ms };
	loop = loop_new();
	assert_true(addr_parse(STR("127.0.0.1:0"), &at));
	fd = listener_bind(&at, 0);
	listener_bound(fd, &at);
	admin = admin_new(loop, fd, &node, &hooks, &why);
	is_ready = reload_works = true;
	return admin == NULL;
}

static int
leave(void **state)
{
	admin_free(&admin);
	assert_null(admin);
	loop_free(&loop);
	arena_free(&kit.a);
	return leave_node(state);
}

/* ---- a client ---- */

static int sock;
static char got[1 << 20];
static size_t got_n;
static bool ended;

/* `room` for what it has not read; 0: as the system has it. Set before a window is offered: the sender would wait for one
 * that is taken back to open again. */
static void
dial_with(int room)
{
	sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (room > 0)
		assert_int_equal(setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &room, sizeof room), 0);
	assert_int_equal(connect(sock, &at.sa, addr_size(&at)), 0);
	got_n = 0;
	ended = false;
}

static void
dial(void)
{
	dial_with(0);
}

static void
say(const char *text)
{
	size_t n = strlen(text);

	assert_int_equal(send(sock, text, n, MSG_NOSIGNAL), n);
}

static void
hear(void)
{
	ssize_t n = recv(sock, got + got_n, sizeof got - got_n, MSG_DONTWAIT);

	if (n > 0)
		got_n += (size_t)n;
	else if (n == 0 || errno != EAGAIN)
		ended = true;
}

struct response {
	int status;
	struct str head, body;
};

/* Takes a whole response off the front of what was heard; false where it is not there. */
static bool
take(struct response *r, bool to_head)
{
	static char kept[1 << 20];
	struct str all = { got, got_n };
	ptrdiff_t end = str_find(all, STR("\r\n\r\n")), at_length;
	uint64_t length = 0;
	struct str rest, number;

	if (end < 0)
		return false;
	r->head = str_head(all, (size_t)end + 4);
	at_length = str_find(r->head, STR("Content-Length: "));
	assert_true(at_length > 0);
	rest = str_skip(r->head, (size_t)at_length + 16);
	str_cut(&rest, '\r', &number);
	assert_true(str_u64(number, &length));
	length = to_head ? 0 : length;
	if (all.n < r->head.n + length)
		return false;
	memcpy(kept, got, r->head.n + length);
	r->body = str_of(kept + r->head.n, length);
	r->head.p = kept;
	assert_true(str_starts(r->head, STR("HTTP/1.1 ")));
	r->status = atoi(kept + 9);
	got_n -= r->head.n + length;
	memmove(got, got + r->head.n + length, got_n);
	return true;
}

static bool
heard(struct response *r, bool to_head)
{
	hear();
	return take(r, to_head);
}

/* The answer to a request on a connection of its own, which is closed after it. */
static struct response
ask_raw(const char *request)
{
	struct response r;
	bool to_head = strncmp(request, "HEAD", 4) == 0;

	dial();
	say(request);
	TURN_UNTIL(loop, heard(&r, to_head));
	assert_int_equal(got_n, 0);
	close(sock);
	return r;
}

static struct response
ask(const char *method, const char *target)
{
	char text[4096];

	snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: localhost\r\n\r\n", method, target);
	return ask_raw(text);
}

static json_t *
ask_json(const char *method, const char *target)
{
	struct response r = ask(method, target);
	json_error_t error;
	json_t *j;

	if (r.status != 200)
		fail_msg("%s: %d %.*s", target, r.status, STR_FMT(r.body));
	assert_true(str_find(r.head, STR("\r\nContent-Type: application/json\r\n")) > 0);
	j = json_loadb(r.body.p, r.body.n, JSON_REJECT_DUPLICATES, &error);
	if (j == NULL)
		fail_msg("%s: %s\n%.*s", target, error.text, STR_FMT(r.body));
	return j;
}

/* "store.limit": a member of a member; of an array by its place. Borrowed. */
static json_t *
dig(json_t *j, const char *path)
{
	struct str rest = str_c(path), name;
	char key[64];
	uint64_t i;

	while (j != NULL && rest.n > 0) {
		str_cut(&rest, '.', &name);
		snprintf(key, sizeof key, "%.*s", STR_FMT(name));
		j = str_u64(name, &i) ? json_array_get(j, i) : json_object_get(j, key);
	}
	return j;
}

static const char *
text_at(json_t *j, const char *path)
{
	const char *s = json_string_value(dig(j, path));

	return s == NULL ? "(none)" : s;
}

#define assert_at(j, path, want) assert_string_equal(text_at((j), (path)), (want))

/* ---- who is answered ---- */

static const struct {
	const char *request; /* without the end of its head */
	int status;
	const char *says;
} rows[] = {
	{ "GET /healthz HTTP/1.1\r\nHost: localhost\r\n", 200, "alive" },
	{ "GET /healthz?x HTTP/1.1\r\nHost: LocalHost:9180\r\n", 200, "alive" },
	{ "GET http://localhost/healthz HTTP/1.1\r\nHost: localhost\r\n", 200, "alive" },
	{ "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:9180\r\n", 200, "alive" },
	{ "GET /healthz HTTP/1.1\r\nHost: 10.1.2.3\r\n", 200, "alive" },
	{ "GET /healthz HTTP/1.1\r\nHost: [::1]:9180\r\n", 200, "alive" },
	{ "GET /healthz HTTP/1.1\r\nHost: edge-1\r\n", 200, "alive" },
	{ "GET /healthz HTTP/1.1\r\nHost: cairn.internal\r\n", 200, "alive" },
	{ "GET /healthz HTTP/1.0\r\n", 200, "alive" },
	{ "GET /healthz HTTP/1.1\r\nHost: evil.example\r\n", 403, "admin.names" },
	{ "GET /healthz HTTP/1.1\r\nHost: localhost.evil.example\r\n", 403, "admin.names" },
	{ "POST /v1/reload HTTP/1.1\r\nHost: evil.example\r\n", 403, "admin.names" },
	{ "GET /healthz HTTP/1.1\r\n", 400, "Host" },
	{ "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n", 400, "Host" },
	{ "POST /v1/reload HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n", 403, "web pages" },
	{ "GET /healthz HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\n", 200, "alive" },
	{ "GET /v1/status HTTP/1.1\r\nHost: localhost\r\nVia: 1.1 squid\r\n", 403, "through a proxy" },
	{ "GET / HTTP/1.1\r\nHost: localhost\r\n", 404, "/v1/explain" },
	{ "GET /healthz/ HTTP/1.1\r\nHost: localhost\r\n", 404, "/healthz" },
	{ "POST /healthz HTTP/1.1\r\nHost: localhost\r\n", 405, "GET, HEAD" },
	{ "DELETE /v1/purge HTTP/1.1\r\nHost: localhost\r\n", 405, "POST" },
	{ "GET /v1/purge-all HTTP/1.1\r\nHost: localhost\r\n", 405, "POST" },
	{ "HEAD /v1/reload HTTP/1.1\r\nHost: localhost\r\n", 405, "" },
	{ "HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n", 200, "" },
	{ "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n", 400, "target" },
	{ "GET  /healthz HTTP/1.1\r\nHost: localhost\r\n", 400, "request line" },
	{ "GET /healthz HTTP/1.1\r\nHost : localhost\r\n", 400, "colon" },
	{ "POST /v1/reload HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n", 411, "Content-Length" },
	{ "POST /v1/reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 65537\r\n", 413, "long" },
	{ "POST /v1/reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n", 400, "Content-Length" },
	{ "GET /v1/explain HTTP/1.1\r\nHost: localhost\r\n", 400, "?url=" },
	{ "GET /v1/explain?url=/x HTTP/1.1\r\nHost: localhost\r\n", 400, "http://host/path" },
	{ "GET /v1/explain?url=http://a.example/%20 HTTP/1.1\r\nHost: localhost\r\n", 400, "http://host/path" },
	{ "GET /v1/explain?url=ftp://a.example/ HTTP/1.1\r\nHost: localhost\r\n", 400, "http://host/path" },
	{ "GET /v1/explain?url=http://c.example/ HTTP/1.1\r\nHost: localhost\r\n", 404, "No route" },
	{ "GET /v1/explain?url=http://a.example/&header=A%20: HTTP/1.1\r\nHost: localhost\r\n", 400, "colon" },
	{ "GET /v1/explain?url=http://a.example/&header=A HTTP/1.1\r\nHost: localhost\r\n", 400, "colon" },
	{ "POST /v1/purge HTTP/1.1\r\nHost: localhost\r\n", 400, "?url=" },
};

static void
requests_are_answered_or_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[512];
		struct response r;

		snprintf(text, sizeof text, "%s\r\n", rows[i].request);
		r = ask_raw(text);
		if (r.status != rows[i].status || str_find(r.body, str_c(rows[i].says)) < 0)
			fail_msg("%s--- says\n%.*s%.*s", text, STR_FMT(r.head), STR_FMT(r.body));
		assert_true(str_find(r.head, STR("\r\nCache-Control: no-store\r\n")) > 0);
		assert_true(str_find(r.head, STR("\r\nContent-Type: ")) > 0);
		assert_true(str_find(r.head, STR("\r\nDate: ")) > 0);
		assert_true(str_find(r.head, STR("Access-Control-")) < 0);
		assert_int_equal(str_find(r.head, STR("\r\nAllow: ")) > 0, r.status == 405);
	}
}

static void
heads_without_end_are_refused(void **state)
{
	static char text[20000];
	struct response r;

	(void)state;
	memset(text, 'x', sizeof text - 1);
	memcpy(text, "GET / HTTP/1.1\r\nX: ", 19);
	r = ask_raw(text);
	assert_int_equal(r.status, 431);
	memset(text, 'x', sizeof text - 1);
	memcpy(text, "GET /", 5);
	r = ask_raw(text);
	assert_int_equal(r.status, 414);
}

static void
connections_are_kept(void **state)
{
	struct response r;

	(void)state;
	dial();
	say("GET /healthz HTTP/1.1\r\nHo");
	turn_once(loop);
	say("st: localhost\r\n\r\n");
	TURN_UNTIL(loop, heard(&r, false));
	assert_int_equal(r.status, 200);
	/* Two at once, the first with a body that comes in bits, and one behind them that is the last. */
	say("POST /v1/reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n01234");
	turn_once(loop);
	hear();
	assert_int_equal(got_n, 0);
	say("56789GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n"
	    "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
	TURN_UNTIL(loop, heard(&r, false));
	assert_int_equal(r.status, 200);
	assert_str(r.body, "c.yaml:1:2: what there is to say\nThe new configuration is in force.\n");
	TURN_UNTIL(loop, heard(&r, false));
	assert_str(r.body, "ready\n");
	assert_true(str_find(r.head, STR("Connection: close")) < 0);
	TURN_UNTIL(loop, heard(&r, false));
	assert_str(r.body, "alive\n");
	assert_true(str_find(r.head, STR("Connection: close")) > 0);
	TURN_UNTIL(loop, (hear(), ended));
	close(sock);
}

static void
a_client_that_goes_away_takes_nothing_along(void **state)
{
	(void)state;
	dial();
	say("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\nGET /met");
	turn_once(loop);
	close(sock);
	dial();
	say("GET");
	close(sock);
	assert_int_equal(ask("GET", "/healthz").status, 200);
	TURN_UNTIL(loop, conn_count(loop) == 0);
	dial(); /* one that stays until the end */
	TURN_UNTIL(loop, conn_count(loop) == 1);
	close(sock);
}

/* More answers than a socket holds: they go out as the client takes them. */
static void
slow_clients_get_all(void **state)
{
	enum { MANY = 800 };
	struct response r, whole = ask("GET", "/metrics");
	size_t length = whole.body.n;

	(void)state;
	dial_with(32 * 1024);
	for (int i = 0; i < MANY; i++)
		say("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
	for (int i = 0; i < MANY; i++) {
		TURN_UNTIL(loop, heard(&r, false));
		assert_int_equal(r.status, 200);
		assert_true(r.body.n > length / 2 && r.body.n < 2 * length);
	}
	close(sock);
}

/* ---- what is answered ---- */

static void
ready_while_it_takes_requests(void **state)
{
	(void)state;
	assert_int_equal(ask("GET", "/readyz").status, 200);
	is_ready = false;
	assert_int_equal(ask("GET", "/readyz").status, 503);
	assert_int_equal(ask("GET", "/healthz").status, 200);
}

static void
metrics_are_for_prometheus(void **state)
{
	struct response r = ask("GET", "/metrics");

	(void)state;
	assert_int_equal(r.status, 200);
	assert_true(str_find(r.head, STR("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n")) > 0);
	assert_true(str_find(r.body, STR("\n# TYPE cairn_requests_total counter\n")) > 0);
}

static void
status_tells_how_it_is(void **state)
{
	json_t *j;

	(void)state;
	kit_put(&kit, "http://a.example/x", FRESH, "", 10);
	j = ask_json("GET", "/v1/status");
	assert_at(j, "node", "edge-1");
	assert_at(j, "version", CAIRN_VERSION);
	assert_at(j, "state", "ready");
	assert_at(j, "listeners.0.address", "127.0.0.1:80");
	assert_at(j, "listeners.0.mode", "reverse");
	assert_int_equal(json_integer_value(dig(j, "store.limit")), 8 << 20);
	assert_int_equal(json_integer_value(dig(j, "store.entries")), 1);
	assert_at(j, "upstreams.1.name", "shield");
	assert_at(j, "upstreams.1.kind", "parent");
	assert_at(j, "upstreams.1.members.1.member", "c:80");
	assert_true(json_is_true(dig(j, "upstreams.1.members.1.up")));
	assert_true(json_is_integer(dig(j, "log.dropped")));
	json_decref(j);
	is_ready = false;
	j = ask_json("GET", "/v1/status");
	assert_at(j, "state", "starting");
	json_decref(j);
	atomic_store(&node.draining, true);
	j = ask_json("GET", "/v1/status");
	assert_at(j, "state", "draining");
	json_decref(j);
}

/* A member of the group `shield`. */
static struct member *
shield(unsigned seat)
{
	struct conf *conf = node_conf(&node);
	struct member *m = group_roster(conf->upstreams[1].group)->seats[seat].member;

	conf_unref(&conf);
	return m;
}

static void
status_tells_of_neighbours(void **state)
{
	const struct digest_squid d = { .capacity = 1000, .count = 7, .mask_size = 625, .entry_bits = 5 };
	static const char mask[625];
	struct neighbour *n = &shield(0)->neighbour;
	json_t *j, *asked, *fetched;

	(void)state;
	atomic_store(&n->queries, 5);
	neighbour_broke(n, TOLD_BY_ICP, 1);
	neighbour_kept(n, TOLD_BY_ICP);
	neighbour_kept(n, TOLD_BY_DIGEST);
	assert_true(digest_peer_take_squid(shield(1), &d, str_of(mask, sizeof mask), clock_now().wall_ms - 90000));
	j = ask_json("GET", "/v1/status");
	assert_null(dig(j, "upstreams.0.members.0.neighbour")); /* an origin is none */
	asked = dig(j, "upstreams.1.members.0.neighbour");
	assert_int_equal(json_integer_value(dig(asked, "queries")), 5);
	assert_int_equal(json_integer_value(dig(asked, "standing_percent")), neighbour_standing(n) / 10);
	assert_int_equal(json_integer_value(dig(asked, "promises.kept")), 2);
	assert_int_equal(json_integer_value(dig(asked, "promises.broken")), 1);
	assert_null(dig(asked, "digest"));
	fetched = dig(j, "upstreams.1.members.1.neighbour");
	assert_int_equal(json_integer_value(dig(fetched, "standing_percent")), 100);
	assert_at(fetched, "digest.form", "squid");
	assert_int_equal(json_integer_value(dig(fetched, "digest.entries")), 7);
	assert_true(json_number_value(dig(fetched, "digest.age_seconds")) >= 90);
	json_decref(j);
}

static void
config_tells_all_but_secrets(void **state)
{
	struct response r = ask("GET", "/v1/config");
	json_t *j = ask_json("GET", "/v1/config");

	(void)state;
	assert_true(str_find(r.body, STR("hush")) < 0);
	assert_true(str_find(r.body, STR("c2VjcmV0")) < 0);
	assert_at(j, "trail.secret", "(set)");
	assert_at(j, "trail.token", "(set)");
	assert_at(j, "routes.1.request_fields.set.0", "Authorization: (set)");
	assert_at(j, "node.name", "edge-1");
	assert_at(j, "store.memory", "8M");
	assert_at(j, "store.max_object", "1025");
	assert_at(j, "timeouts.head", "1500ms");
	assert_at(j, "timeouts.idle", "2m");
	assert_at(j, "node.warmup", "5m");
	assert_at(j, "upstreams.shield.kind", "parent");
	assert_at(j, "upstreams.shield.members.1.url", "http://c");
	assert_at(j, "routes.0.host", "a.example");
	assert_true(json_is_false(dig(j, "routes.0.cache.enabled")));
	assert_at(j, "routes.0.cache.ttl", "unset");
	assert_at(j, "routes.1.cache.bypass.0", "cookie:sid");
	assert_at(j, "trail.trusted.0", "127.0.0.0/8");
	assert_at(j, "admin.names.0", "cairn.internal");
	assert_int_equal(json_integer_value(dig(j, "upstreams.site.max_fails")), 3);
	assert_true(json_is_true(dig(j, "forwarding.via")));
	json_decref(j);
}

#define LONG "Cache-Control: max-age=1000000\nContent-Type: text/plain\nETag: \"v1\""

/* One row a situation: what is asked about, and what the answer says. */
static void
explain_tells_what_would_happen(void **state)
{
	static const struct {
		const char *query, *lookup, *action, *reason;
	} cases[] = {
		{ "url=http://a.example/x", "HIT", "deliver", "(none)" },
		{ "url=https://A.example:80/x?utm_source=y", "HIT", "deliver", "(none)" },
		{ "url=http://a.example/x&header=Cache-Control:%20no-cache", "HIT", "revalidate", "reload" },
		{ "url=http://a.example/x&header=Cache-Control:max-age=0", "HIT", "revalidate", "max-age" },
		{ "url=http://a.example/x&header=A:b&header=Cookie:sid=1", "NONE", "bypass", "policy" },
		{ "url=http://a.example/x%3Fq", "MISS", "fetch", "never-seen" },
		{ "url=http://a.example/other", "MISS", "fetch", "never-seen" },
		{ "url=http://a.example/other&header=Cache-Control:only-if-cached", "MISS", "refuse",
		  "only-if-cached" },
		{ "url=http://a.example/private/x", "NONE", "bypass", "policy" },
		{ "url=http://a.example/old", "HIT", "revalidate", "expired" },
		{ "url=http://a.example/varied&header=Foo:1", "HIT", "deliver", "(none)" },
		{ "url=http://a.example/varied&header=Foo:2", "MISS", "fetch", "variant" },
		{ "url=http://a.example/soft", "HIT", "revalidate", "purged" },
		{ "url=http://a.example/hard", "MISS", "fetch", "purged" },
		{ "url=http://a.example/part&header=Range:bytes=0-9", "HIT", "deliver", "(none)" },
		{ "url=http://a.example/part&header=Range:bytes=5-10", "HIT", "fetch", "range" },
		{ "url=http://a.example/part", "HIT", "fetch", "range" },
	};
	const struct kit_put part = { .url = "http://a.example/part", .response = LONG, .n = 10, .length = 100 };

	(void)state;
	kit_put(&kit, "http://a.example/x", LONG, "", 10);
	kit_put(&kit, "http://a.example/old", "Cache-Control: max-age=0\nETag: \"v1\"", "", 10);
	kit_put(&kit, "http://a.example/varied", LONG "\nVary: Foo", "Foo: 1", 10);
	kit_put(&kit, "http://a.example/soft", LONG, "", 10);
	kit_put(&kit, "http://a.example/hard", LONG, "", 10);
	kit_put_part(&kit, &part, NULL);
	json_decref(ask_json("POST", "/v1/purge?url=http://a.example/soft&soft=1"));
	json_decref(ask_json("POST", "/v1/purge?url=http://a.example/hard&soft=0"));
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char target[256];
		json_t *j;

		snprintf(target, sizeof target, "/v1/explain?%s", cases[i].query);
		j = ask_json("GET", target);
		if (strcmp(text_at(j, "lookup"), cases[i].lookup) != 0 ||
		    strcmp(text_at(j, "action"), cases[i].action) != 0 ||
		    strcmp(text_at(j, "reason"), cases[i].reason) != 0)
			fail_msg("%s: %s", target, json_dumps(j, JSON_INDENT(1)));
		assert_at(j, "upstream.name", "site");
		assert_true(strlen(text_at(j, "why")) > 10 && strlen(text_at(j, "then")) > 10);
		json_decref(j);
	}
	/* Nothing of this was counted as an answer. */
	assert_int_equal(entry_hits(kit_find(&kit, "http://a.example/x", "").entry), 0);
}

static void
explain_tells_what_is_stored(void **state)
{
	struct conf *conf = node_conf(&node);
	json_t *j;

	(void)state;
	kit_put(&kit, "http://a.example/x", LONG "\nVary: Foo", "Foo: 1", 10);
	j = ask_json("GET", "/v1/explain?url=http://a.example/x&header=Foo:1");
	assert_at(j, "url", "http://a.example/x");
	assert_at(j, "key", "http://a.example/x");
	assert_int_equal(json_integer_value(dig(j, "route.index")), 1);
	assert_true(json_is_true(dig(j, "upstream.up")));
	assert_at(j, "served", "HIT");
	assert_int_equal(json_integer_value(dig(j, "stored.status")), 200);
	assert_at(j, "stored.content_type", "text/plain");
	assert_at(j, "stored.etag", "\"v1\"");
	assert_at(j, "stored.varies_by", "foo");
	assert_at(j, "url_varies_by", "foo");
	assert_at(j, "stored.lifetime_rule", "max-age");
	assert_int_equal(json_integer_value(dig(j, "stored.lifetime")), 1000000);
	assert_int_equal(json_integer_value(dig(j, "stored.length")), 10);
	assert_true(json_integer_value(dig(j, "stored.ttl")) > 990000);
	assert_true(json_is_true(dig(j, "stored.whole")));
	json_decref(j);
	group_roster(conf->upstreams[0].group)->seats[0].member->down_until = INT64_MAX;
	j = ask_json("GET", "/v1/explain?url=http://a.example/y");
	assert_true(json_is_false(dig(j, "upstream.up")));
	assert_at(j, "served", "MISS");
	json_decref(j);
	conf_unref(&conf);
}

static void
explain_tells_what_may_not_be_stored(void **state)
{
	struct key key = kit_key(&kit, "http://b.example/x");
	json_t *j;

	(void)state;
	store_mark_uncacheable(node.store, &key, UNSTORABLE_NO_STORE, kit.now, 1000 * MS_PER_S);
	j = ask_json("GET", "/v1/explain?url=http://b.example/x");
	assert_at(j, "reason", "uncacheable");
	assert_at(j, "unstorable", "no-store");
	assert_at(j, "unstorable_source", "RFC 9111 5.2.2.5");
	assert_at(j, "upstream.kind", "parent");
	json_decref(j);
}

static void
orders_are_obeyed(void **state)
{
	struct response r;
	json_t *j;

	(void)state;
	kit_put(&kit, "http://a.example/x", LONG "\nVary: Foo", "Foo: 1", 10);
	kit_put(&kit, "http://a.example/x", LONG "\nVary: Foo", "Foo: 2", 10);
	kit_put(&kit, "http://b.example/y", LONG, "", 10);
	kit_put(&kit, "http://b.example/z", LONG, "", 10);
	j = ask_json("POST", "/v1/purge?url=http://a.example/x%3Futm_a=b");
	assert_int_equal(json_integer_value(dig(j, "id")), 1);
	assert_int_equal(json_integer_value(dig(j, "variants")), 2);
	assert_at(j, "url", "http://a.example/x");
	json_decref(j);
	assert_false(kit_has(&kit, "http://a.example/x"));
	j = ask_json("POST", "/v1/purge?url=http://a.example/x");
	assert_int_equal(json_integer_value(dig(j, "variants")), 0);
	json_decref(j);
	j = ask_json("POST", "/v1/purge-all?soft=1");
	assert_int_equal(json_integer_value(dig(j, "id")), 3);
	json_decref(j);
	assert_true(kit_has(&kit, "http://b.example/y"));
	json_decref(ask_json("POST", "/v1/purge-all"));
	assert_false(kit_has(&kit, "http://b.example/y"));
	reload_works = false;
	r = ask("POST", "/v1/reload");
	assert_int_equal(r.status, 422);
	assert_str(r.body, "c.yaml:1:2: what there is to say\nThe old configuration is in force.\n");
}

#define ADMIN_TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ADMIN_TEST(requests_are_answered_or_not),
		ADMIN_TEST(heads_without_end_are_refused),
		ADMIN_TEST(connections_are_kept),
		ADMIN_TEST(a_client_that_goes_away_takes_nothing_along),
		ADMIN_TEST(slow_clients_get_all),
		ADMIN_TEST(ready_while_it_takes_requests),
		ADMIN_TEST(metrics_are_for_prometheus),
		ADMIN_TEST(status_tells_how_it_is),
		ADMIN_TEST(status_tells_of_neighbours),
		ADMIN_TEST(config_tells_all_but_secrets),
		ADMIN_TEST(explain_tells_what_would_happen),
		ADMIN_TEST(explain_tells_what_is_stored),
		ADMIN_TEST(explain_tells_what_may_not_be_stored),
		ADMIN_TEST(orders_are_obeyed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
