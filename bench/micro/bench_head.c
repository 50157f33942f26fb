/* What does it cost to parse a request's head? Counted, not timed, so that it comes out the same on any machine:
 *
 *     valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect=parse_once bench_head small 1000
 *
 * and "Collected" divided by 1000 is the instructions a head. The other head is "browser".
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/must.h"
#include "http/head.h"

static const struct {
	const char *name;
	struct str text;
} heads[] = {
	{ "small", STR_INIT("GET /img/logo.png HTTP/1.1\r\n"
			    "Host: www.example.org\r\n"
			    "User-Agent: curl/8.5.0\r\n"
			    "Accept: */*\r\n"
			    "Accept-Encoding: gzip\r\n"
			    "\r\n") },
	{ "browser",
	  STR_INIT("GET /news/2024/11/a-longer-path-with-words?utm_source=mail&page=2 HTTP/1.1\r\n"
		   "Host: www.example.org\r\n"
		   "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
		   "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
		   "Accept-Language: en-GB,en;q=0.7,de-AT;q=0.3\r\n"
		   "Accept-Encoding: gzip, deflate, br, zstd\r\n"
		   "Referer: https://www.example.org/news/\r\n"
		   "Connection: keep-alive\r\n"
		   "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; consent=yes\r\n"
		   "Upgrade-Insecure-Requests: 1\r\n"
		   "Sec-Fetch-Dest: document\r\n"
		   "Sec-Fetch-Mode: navigate\r\n"
		   "Sec-Fetch-Site: same-origin\r\n"
		   "Sec-Fetch-User: ?1\r\n"
		   "If-Modified-Since: Tue, 05 Nov 2024 08:12:31 GMT\r\n"
		   "If-None-Match: \"6729d14f-2b1c\"\r\n"
		   "Priority: u=0, i\r\n"
		   "Pragma: no-cache\r\n"
		   "Cache-Control: no-cache\r\n"
		   "X-Forwarded-For: 192.0.2.17\r\n"
		   "X-Request-Id: 5d41402a-bc4b-2a76-b971\r\n"
		   "\r\n") },
};

__attribute__((noinline)) static void
parse_once(struct str text, struct arena *a)
{
	static const struct head_limits limits = { 1 << 16, 1 << 13, 128 };
	struct head_scan scan = { 0 };
	enum fault fault;
	struct head h;
	size_t used;

	head_init(&h, a);
	MUST(head_parse_request(&h, text, &limits, &scan, &used, &fault) == HEAD_OK);
	MUST(used == text.n);
}

int
main(int argc, char **argv)
{
	struct arena *a = arena_new(1 << 16);
	int rounds = argc > 2 ? atoi(argv[2]) : 1000;

	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
		if (argc > 1 && strcmp(argv[1], heads[i].name) != 0)
			continue;
		for (int n = 0; n < rounds; n++) {
			parse_once(heads[i].text, a);
			arena_reset(a);
		}
		printf("%s: %zu bytes, %d times\n", heads[i].name, heads[i].text.n, rounds);
	}
	arena_free(&a);
	return 0;
}
