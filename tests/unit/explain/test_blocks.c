/* Text with headers, as tools and browsers give it. Each row is read in pieces of several sizes, to the same end. */
#include "told.h"

static void
play(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		told_is(str_c(rows[i].in), rows[i].want, arena);
}

#define PLAY(rows) play((rows), sizeof(rows) / sizeof *(rows))

static void
curl_with_heads(void **state)
{
	static const struct row rows[] = {
		{ "HTTP/1.1 200 OK\r\nAge: 1\r\nX-Cache: HIT\r\n\r\nbody\r\n", "line 1: < 200 Age=1 X-Cache=HIT\n" },
		{ "HTTP/2 200 \r\nage: 1\r\n\r\n", "line 1: < 200 age=1\n" },
		{ "HTTP/3 200\r\nage: 1\r\n\r\n", "line 1: < 200 age=1\n" },
		{ "HTTP/1.0 404 Not Found\nServer: x\n\n", "line 1: < 404 Server=x\n" },
		{ "HTTP/1.1 200 OK\nAge: 1", "line 1: < 200 Age=1\n" },
		{ "HTTP/1.1 200 OK", "! line 1: a response without a single field\nline 1: < 200\n" },
		/* Redirects, each with a body, which need not end with a newline. */
		{ "HTTP/1.1 301 Moved\r\nLocation: /b\r\n\r\n<p>moved</p>HTTP/1.1 200 OK\r\nAge: 3\r\n\r\n<p>\r\n",
		  "line 1: < 301 Location=/b\nline 4: < 200 Age=3\n" },
		{ "HTTP/1.1 301 Moved\r\nLocation: /b\r\n\r\nmoved\r\nHTTP/2 200\r\nage: 3\r\n\r\n",
		  "line 1: < 301 Location=/b\nline 5: < 200 age=3\n" },
		/* Interim responses, and a proxy's to CONNECT, are passed over. */
		{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nAge: "
		  "1\r\n\r\n",
		  "line 6: < 200 Age=1\n" },
		{ "HTTP/1.1 200 Connection established\r\n\r\nHTTP/2 200\r\nage: 2\r\n\r\n", "line 3: < 200 age=2\n" },
		{ "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x05hello",
		  "line 1: < 101 Upgrade=websocket\n" },
		/* Heads alone, as -I and -D give them; a length says nothing then. */
		{ "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
		  "line 1: < 200 Content-Length=9\nline 4: < 200 Content-Length=9\n" },
		{ "== a\nHTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n== b\nHTTP/1.1 200 OK\r\nAge: 2\r\n\r\n",
		  "line 2: < 200 Content-Length=99\nline 6: < 200 Age=2\n" },
		/* No empty lines, as behind grep. */
		{ "HTTP/1.1 301 Moved\nAge: 1\nHTTP/1.1 200 OK\nAge: 2\n",
		  "line 1: < 301 Age=1\nline 3: < 200 Age=2\n" },
		/* The command, and its output. */
		{ "$ curl -sI https://a.example/x?y=1\nHTTP/2 200\nage: 1\n\n$ curl -sI https://b.example/\nHTTP/2 "
		  "200\n\n",
		  "line 2: url=https://a.example/x?y=1 < 200 age=1\n! line 6: a response without a single field\nline 6: url=https://b.example/ < 200\n" },
		{ "== https://a.example/ ==\nHTTP/2 200\nage: 1\n\nsee https://b.example/\nHTTP/2 404\n",
		  "line 2: url=https://a.example/ < 200 age=1\n! line 6: a response without a single field\nline 6: < 404\n" },
	};

	(void)state;
	PLAY(rows);
}

static void
bodies(void **state)
{
	static const struct row rows[] = {
		/* A body of the length that was told is no head, whatever stands in it. */
		{ "HTTP/1.1 200 OK\r\nContent-Length: 31\r\n\r\nHTTP/1.1 500 No\r\nX-Cache: HIT\r\n"
		  "HTTP/1.1 200 OK\r\nAge: 2\r\n\r\n",
		  "line 1: < 200 Content-Length=31\nline 6: < 200 Age=2\n" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 31\r\n\r\nHTTP/1.1 500 No\r\nX-Cache: HIT\r\n",
		  "line 1: < 200 Content-Length=31\n" },
		{ "HTTP/1.1 200 OK\nContent-Length: 29\n\nHTTP/1.1 500 No\nX-Cache: HIT\n", "line 1: < 200 Content-Length=29\n" },
		/* One that ends its lines otherwise is none either, but for one that stands apart, or is curl's. */
		{ "HTTP/1.1 200 OK\r\nAge: 1\r\n\r\nAs in\nHTTP/1.1 500 No\nX-Cache: HIT\n", "line 1: < 200 Age=1\n" },
		{ "HTTP/1.1 200 OK\r\nAge: 1\r\n\r\nbody\n\nHTTP/1.1 500 No\nX-Cache: HIT\n",
		  "line 1: < 200 Age=1\nline 6: < 500 X-Cache=HIT\n" },
		{ "HTTP/1.1 200 OK\r\nAge: 1\r\n\r\nbody\n< HTTP/1.1 500 No\n< X-Cache: HIT\n",
		  "line 1: < 200 Age=1\nline 5: < 500 X-Cache=HIT\n" },
		/* And one without a field behind it. */
		{ "HTTP/1.1 200 OK\nAge: 1\n\nAs in\nHTTP/1.1 500 No\nsaid he, and\n", "line 1: < 200 Age=1\n" },
		/* A body has no bare heads. */
		{ "HTTP/1.1 200 OK\nAge: 1\n\nAge: 7\nX-Cache: HIT\n\nAge: 8\n", "line 1: < 200 Age=1\n" },
	};

	(void)state;
	PLAY(rows);
}

static void
binary_body(void **state)
{
	static const char in[] =
	    "HTTP/1.1 200 OK\r\nAge: 1\r\n\r\n\x89PNG\0\x1b[\0\n\xff\xfe\0\r\nHTTP/1.1 200 OK\r\nAge: 2\r\n\r\n";

	(void)state;
	told_is(str_of(in, sizeof in - 1), "line 1: < 200 Age=1\nline 6: < 200 Age=2\n", arena);
}

static void
curl_verbose(void **state)
{
	static const struct row rows[] = {
		{ "* Host www.example.org:443 was resolved.\n*   Trying 192.0.2.7:443...\n"
		  "* Connected to www.example.org (192.0.2.7) port 443\n* ALPN: curl offers h2,http/1.1\n"
		  "* SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384\n"
		  "* [HTTP/2] [1] OPENED stream for https://www.example.org/logo.png\n* [HTTP/2] [1] [:method: GET]\n"
		  "> GET /logo.png HTTP/2\n> Host: www.example.org\n> Cache-Control: no-cache\n>\n"
		  "* Request completely sent off\n< HTTP/2 200 \n< age: 12\n* a note between\n< x-cache: HIT\n< \n"
		  "{ [1256 bytes data]\n* Connection #0 to host www.example.org left intact\n<html>\n",
		  "line 13: method=GET url=https://www.example.org/logo.png > Host=www.example.org "
		  "Cache-Control=no-cache < 200"
		  " age=12 x-cache=HIT ip=192.0.2.7\n" },
		/* The address as newer ones tell it, a redirect, plain HTTP, CRLF. */
		{ "*   Trying 192.0.2.7:80...\n* Established connection to a.example (192.0.2.7 port 80) from "
		  "192.0.2.1 port 5\n"
		  "> GET / HTTP/1.1\r\n> Host: a.example\r\n> \r\n< HTTP/1.1 301 Moved\r\n< Location: /b\r\n< \r\n"
		  "* Issue another request to this URL: 'http://a.example/b'\n"
		  "> GET /b HTTP/1.1\r\n> Host: a.example\r\n> \r\n< HTTP/1.1 200 OK\r\n< Age: 5\r\n< \r\n",
		  "line 6: method=GET url=http://a.example/ > Host=a.example < 301 Location=/b ip=192.0.2.7\n"
		  "line 13: method=GET url=http://a.example/b > Host=a.example < 200 Age=5 ip=192.0.2.7\n" },
		/* Without -s the progress meter stands before lines. */
		{ "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n"
		  "\r  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0> GET / HTTP/1.1\n"
		  "> Host: a.example\n> \n"
		  "\r100  1256  100  1256    0     0   9012      0  0:00:01 --:--:-- --:--:--  9012< HTTP/1.1 200 OK\n"
		  "< Age: 5\n< \n",
		  "line 5: method=GET url=http://a.example/ > Host=a.example < 200 Age=5\n" },
		/* Through a proxy: CONNECT is passed over, an absolute target is the URL. */
		{ "> CONNECT a.example:443 HTTP/1.1\n> Host: a.example:443\n>\n< HTTP/1.1 200 OK\n< Via: 1.1 p\n<\n"
		  "* SSL connection using TLSv1.3\n> GET /x HTTP/1.1\n> Host: a.example\n>\n< HTTP/1.1 200 OK\n< Age: "
		  "1\n<\n",
		  "line 11: method=GET url=https://a.example/x > Host=a.example < 200 Age=1\n" },
		{ "> GET http://a.example/x HTTP/1.1\n> Host: a.example\n>\n< HTTP/1.1 200 OK\n< Age: 1\n<\n",
		  "line 4: method=GET url=http://a.example/x > Host=a.example < 200 Age=1\n" },
		/* 100 Continue leaves the request waiting. */
		{ "> POST /x HTTP/1.1\n> Host: a\n>\n< HTTP/1.1 100 Continue\n<\n< HTTP/1.1 201 Created\n< Age: 0\n<\n",
		  "line 6: method=POST url=http://a/x > Host=a < 201 Age=0\n" },
		/* Quoted in a mail. */
		{ "> HTTP/1.1 200 OK\n> Age: 4\n> \n> body\n", "line 1: < 200 Age=4\n" },
	};

	(void)state;
	PLAY(rows);
}

static void
other_tools(void **state)
{
	static const struct row rows[] = {
		/* wget -S */
		{ "--2024-05-01 12:00:00--  https://www.example.org/\nResolving www.example.org (www.example.org)... "
		  "192.0.2.7\n"
		  "Connecting to www.example.org (www.example.org)|192.0.2.7|:443... connected.\n"
		  "HTTP request sent, awaiting response... \n  HTTP/1.1 301 Moved Permanently\n  Location: "
		  "https://example.org/\n"
		  "  Age: 3\nLocation: https://example.org/ [following]\n--2024-05-01 12:00:01--  "
		  "https://example.org/\n"
		  "Reusing existing connection to www.example.org:443.\nHTTP request sent, awaiting response... \n"
		  "  HTTP/1.1 200 OK\n  X-Cache: HIT\n   from a\nLength: 1256 (1.2K) [text/html]\nSaving to: "
		  "'index.html'\n",
		  "line 5: url=https://www.example.org/ < 301 Location=https://example.org/ Age=3 ip=192.0.2.7\n"
		  "line 12: url=https://example.org/ < 200 X-Cache=HIT from a ip=192.0.2.7\n" },
		/* HTTPie -v: the request as well, in colours, the body formatted. */
		{ "\x1b[32mGET\x1b[39;49;00m \x1b[04m/x\x1b[39;49;00m HTTP/1.1\nHost: a.example\nAccept: */*\n\n\n\n"
		  "\x1b[34mHTTP\x1b[39;49;00m/\x1b[34m1.1\x1b[39;49;00m \x1b[34m200\x1b[39;49;00m OK\n"
		  "\x1b[36mAge\x1b[39;49;00m: 1\nX-Cache: HIT\n\n{\n    \"a\": 1\n}\n\n\n",
		  "line 7: method=GET url=http://a.example/x > Host=a.example Accept=*/* < 200 Age=1 X-Cache=HIT\n" },
		/* curl to a terminal: bold names, and a link. */
		{ "HTTP/2 301 \r\n\x1b[1mlocation\x1b[0m: "
		  "\x1b]8;;https://b.example/\x1b\\https://b.example/\r\n\x1b]8;;\x1b\\\r\n",
		  "line 1: < 301 location=https://b.example/\n" },
		/* Indented as a whole, folded, a space before the colon, an empty value. */
		{ "    HTTP/1.1 200 OK\n    Age : 1\n    X-Empty:\n    X-Cache: HIT\n     from a\n",
		  "line 1: < 200 Age=1 X-Empty= X-Cache=HIT from a\n" },
		{ "HTTP/1.1 200 OK\n  Age: 1\n  Via: 1.1 a\n", "line 1: < 200 Age=1 Via=1.1 a\n" },
		{ "HTTP/1.1 200 OK\nVia: 1.1 a,\n\t1.1 b\nAge: 1\n", "line 1: < 200 Via=1.1 a, 1.1 b Age=1\n" },
	};

	(void)state;
	PLAY(rows);
}

static void
browsers(void **state)
{
	static const struct row rows[] = {
		/* Fields alone; several blocks. */
		{ "age: 1\nx-cache: HIT\n", "line 1: < 0 age=1 x-cache=HIT\n" },
		{ "\n\nAge: 1\n\nX-Cache: MISS\nAge: 2\n", "line 3: < 0 Age=1\nline 5: < 0 X-Cache=MISS Age=2\n" },
		{ "X-Acme-Thing: HIT\n", "line 1: < 0 X-Acme-Thing=HIT\n" },
		{ ":status: 200\nage: 1\n", "line 1: < 200 age=1\n" },
		{ "status: 304\nage: 1\n", "line 1: < 304 age=1\n" },
		{ "Status: 200 OK\nAge: 1\n", "line 1: < 200 Age=1\n" },
		/* Name and value on lines of their own, with colons and without. */
		{ ":status:\n200\nage:\n12\nlocation:\nhttps://a.example/\nx-empty:\n\n",
		  "line 1: < 200 age=12"
		  " location=https://a.example/ x-empty=\n" },
		{ "age:\n12\ndate:\nWed, 21 Oct 2015 07:28:00 GMT\nx-cache:\nHIT from a:3128\n",
		  "line 1: < 0 age=12 date=Wed, 21 Oct 2015 07:28:00 GMT x-cache=HIT from a:3128\n" },
		{ ":status\n200\naccept-ranges\nbytes\nage\n12\nx-cache-lookup\nHIT from a:3128\n",
		  "line 1: < 200 accept-ranges=bytes age=12 x-cache-lookup=HIT from a:3128\n" },
		/* An empty value among full ones is no name of a pair. */
		{ "Age: 1\nX-Empty:\nX-Cache: HIT\n", "line 1: < 0 Age=1 X-Empty= X-Cache=HIT\n" },
		/* The request's, then the response's. */
		{ ":authority: a.example\n:method: GET\n:path: /x\n:scheme: https\ncache-control: no-cache\n\n"
		  "HTTP/2 200\nage: 1\n",
		  "line 7: method=GET url=https://a.example/x > Host=a.example cache-control=no-cache < 200 age=1\n" },
		/* Chrome's panel as it is copied. */
		{ "Request URL: https://a.example/x\nRequest Method: GET\nStatus Code: 200 OK (from disk cache)\n"
		  "Remote Address: 192.0.2.7:443\nReferrer Policy: no-referrer\nage: 1\nx-cache: HIT\n",
		  "line 1: method=GET url=https://a.example/x < 200 age=1 x-cache=HIT ip=192.0.2.7:443 disk\n" },
		{ "General\nRequest URL\nhttps://a.example/x\nRequest Method\nGET\nStatus Code\n304 Not Modified\n"
		  "Remote Address\n192.0.2.7:443\nReferrer Policy\nstrict-origin-when-cross-origin\nResponse Headers\n"
		  "age\n1\nserver\nnginx\nRequest Headers\n:authority\na.example\nif-none-match\n\"a\"\n",
		  "line 1: method=GET url=https://a.example/x > Host=a.example if-none-match=\"a\" < 304 age=1 "
		  "server=nginx"
		  " ip=192.0.2.7:443\n" },
		{ "Request URL:\nhttps://a.example/x\nRequest Method:\nGET\nStatus Code:\n200 (from memory cache)\n"
		  "age:\n1\nRequest URL:\nhttps://a.example/y\nStatus Code:\n200 (from service worker)\nage:\n2\n",
		  "line 1: method=GET url=https://a.example/x < 200 age=1 memory\n"
		  "line 9: url=https://a.example/y < 200 age=2 worker\n" },
		/* Safari's. */
		{ "Summary\nURL: https://a.example/x\nStatus: 200\nSource: Disk Cache\n\nRequest\nAccept: */*\n\n"
		  "Response\n:status: 200\nAge: 5\n",
		  "line 1: url=https://a.example/x > Accept=*/* < 200 Age=5 disk\n" },
	};

	(void)state;
	PLAY(rows);
}

static void
bad_input(void **state)
{
	static const struct row rows[] = {
		{ "", "! line 1: it is empty\n" },
		{ "\n\n", "! line 1: no response headers from here to the end\n" },
		{ "Dear reader, this is prose:\nnothing else.\n",
		  "! line 1: no response headers from here to the end\n" },
		{ "root:x:0:0:root:/root:/bin/sh\n", "! line 1: no response headers from here to the end\n" },
		{ "<!DOCTYPE html>\n<title>Age: 1</title>\n", "! line 1: no response headers from here to the end\n" },
		/* What cannot be read in a head is told, and the rest is read. */
		{ "HTTP/1.1 200 OK\nAge: 1\nwhat is this\nX-Cache: HIT\n\n",
		  "! line 3: neither a field nor the end of the head\nline 1: < 200 Age=1 X-Cache=HIT\n" },
		{ "HTTP/1.1 200 OK\n: no name\nAge: 1\n",
		  "! line 2: neither a field nor the end of the head\nline 1: < 200 Age=1\n" },
		{ "HTTP/1.1 200 OK\nServer: caf\xe9\nAge: 1\n",
		  "! line 2: not UTF-8; read as it stands\nline 1: < 200 Server=caf\xe9 Age=1\n" },
		/* Start lines that are none. */
		{ "HTTP/1.1 2000 OK\nHTTP/9 200\nHTTP/1.1\nHTTP/1.1 20\n",
		  "! line 1: no response headers from here to the end\n" },
	};

	(void)state;
	PLAY(rows);
}

static void
long_lines(void **state)
{
	static char in[200000];
	struct strbuf b = strbuf_fixed(in, sizeof in);

	(void)state;
	strbuf_lit(&b, "HTTP/1.1 200 OK\r\nX-Long: ");
	memset(strbuf_room(&b, 65536), 'a', 65536);
	b.n += 65536;
	strbuf_lit(&b, "\r\nX-Some: ");
	memset(strbuf_room(&b, 60000), 'b', 60000);
	b.n += 60000;
	strbuf_lit(&b, "\r\nAge: 1\r\n\r\n");
	memset(strbuf_room(&b, 70000), 'c', 70000);
	b.n += 70000;
	strbuf_lit(&b, "HTTP/1.1 200 OK\r\nAge: 2\r\n\r\n");
	assert_false(b.over);
	told_is(strbuf_str(&b),
		"! line 2: a line of 64 KiB or more, which is left out\nline 1: < 200 X-Some=(60000 bytes) Age=1\n"
		"line 6: < 200 Age=2\n",
		arena);
}

/* A head without end is cut, and said to be; what comes behind it is read. */
static void
long_heads(void **state)
{
	struct strbuf b = strbuf_in(arena, 24 << 20);
	struct told t;

	(void)state;
	strbuf_lit(&b, "HTTP/1.1 200 OK\r\n");
	while (b.n < 12 << 20)
		strbuf_lit(&b, "X-Cache: HIT from somewhere that is quite far away\r\n");
	strbuf_lit(&b, "\r\nHTTP/1.1 200 OK\r\nAge: 2\r\n\r\n");
	t = told_of(strbuf_str(&b), 4096, arena);
	assert_int_equal(t.exchanges, 2);
	assert_int_equal(t.troubles, 1);
	assert_true(str_starts(strbuf_str(&t.text), STR("! line 1: a head of more than 8 MiB")));
	assert_true(str_ends(strbuf_str(&t.text), STR(": < 200 Age=2\n")));
}

/* However many troubles there are, so many are told. */
static void
many_troubles(void **state)
{
	struct strbuf b = strbuf_in(arena, 1 << 16);
	struct told t;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		strbuf_lit(&b, "HTTP/1.1 200 OK\nwhat\nAge: 1\n\n");
	t = told_of(strbuf_str(&b), SIZE_MAX, arena);
	assert_int_equal(t.exchanges, 100);
	assert_int_equal(t.troubles, INPUT_TROUBLES + 1);
	assert_true(str_ends(strbuf_str(&t.text), STR("! and: 80 more that could not be read\n")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(curl_with_heads), cmocka_unit_test(bodies),      cmocka_unit_test(binary_body),
		cmocka_unit_test(curl_verbose),    cmocka_unit_test(other_tools), cmocka_unit_test(browsers),
		cmocka_unit_test(bad_input),       cmocka_unit_test(long_lines),  cmocka_unit_test(long_heads),
		cmocka_unit_test(many_troubles),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
