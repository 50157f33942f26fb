/* What does a log record cost the worker? Counted, not timed, so that it comes out the same on any machine:
 *
 *     valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect=log_record bench_log 1000
 *
 * and "Collected" divided by 1000 is the instructions a record; `bench_log 0 1000`, with --toggle-collect=log_json,
 * those of a line, which the log's own thread spends.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/counter.h"
#include "net/addr.h"
#include "ops/log.h"
#include "ops/log_line.h"

int
main(int argc, char **argv)
{
	struct conf_log file = { .file = STR_INIT("/dev/null"), .format = CONF_format_JSON };
	struct conf conf = { .logs = &file, .log_count = 1 };
	union addr client = { 0 };
	struct record r = {
		.id = 17,
		.wall_ms = 1795302647123,
		.duration_ns = 0,
		.first_byte_ns = 0,
		.step_ns = { [STEP_PARSE] = 1, [STEP_LOOKUP] = 1, [STEP_DELIVER] = 1 },
		.client = &client,
		.method = STR_INIT("GET"),
		.scheme = STR_INIT("http"),
		.host = STR_INIT("www.example.org:8080"),
		.target = STR_INIT("/images/2026/11/a-picture-of-something.jpg?size=large"),
		.status = 200,
		.bytes_out = 5300,
		.body_out = 5120,
		.verdict = { .lookup = LOOKUP_HIT, .hit = true, .hits = 3, .has_ttl = true, .ttl = 258 },
		.absent_ago_ms = -1,
		.upstream_group = STR_INIT("site"),
		.referer = STR_INIT("http://www.example.org/a/page/with/pictures.html"),
		.user_agent = STR_INIT("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
		.content_type = STR_INIT("image/jpeg"),
	};
	static char room[65536];
	const char *why;
	struct log *l;

	if (argc < 2 || !addr_parse(STR("192.0.2.7:4711"), &client)) {
		fprintf(stderr, "usage: bench_log RECORDS [LINES]\n");
		return 2;
	}
	counter_thread_begin();
	l = log_new(&conf, 1, &why);
	if (l == NULL)
		return 1;
	for (long i = 0; i < atol(argv[1]); i++)
		log_record(l, 0, &r);
	log_free(&l);
	for (long i = 0; argc > 2 && i < atol(argv[2]); i++) {
		struct strbuf out = strbuf_fixed(room, sizeof room);

		log_line(&out, CONF_format_JSON, &r);
	}
	counter_thread_end();
	return 0;
}
