#include "unit.h"

#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/counter.h"
#include "ops/log.h"

#define FILES 3

static char dir[64], path[FILES][80], moved[80];
static struct conf conf;
static struct conf_log logs[FILES];
static struct log *opened;
static uint64_t written, dropped;

static int
begin(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/cairn-log-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(moved, sizeof moved, "%s/moved", dir);
	for (int i = 0; i < FILES; i++) {
		snprintf(path[i], sizeof path[i], "%s/%d", dir, i);
		logs[i] = (struct conf_log){ .file = str_c(path[i]), .format = CONF_format_JSON + i };
	}
	conf = (struct conf){ .logs = logs, .log_count = FILES };
	counter_thread_begin();
	written = counter_sum(COUNTER_LOG_WRITTEN);
	dropped = counter_sum(COUNTER_LOG_DROPPED);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	counter_thread_end();
	for (int i = 0; i < FILES; i++)
		unlink(path[i]);
	unlink(moved);
	return rmdir(dir);
}

static void
start(unsigned workers)
{
	const char *why;

	opened = log_new(&conf, workers, &why);
	assert_non_null(opened);
}

static void
put(unsigned worker, uint64_t id)
{
	char target[32];
	struct record r = { .id = id, .method = STR("GET"), .status = 200, .absent_ago_ms = -1 };

	r.target = str_of(target, (size_t)snprintf(target, sizeof target, "/%u/%llu", worker, (unsigned long long)id));
	log_record(opened, worker, &r);
}

static uint64_t
lines_of(const char *file)
{
	FILE *f = fopen(file, "r");
	uint64_t n = 0;
	int c, last = '\n';

	if (f == NULL)
		return 0;
	for (; (c = getc(f)) != EOF; last = c)
		n += c == '\n';
	assert_int_equal(last, '\n');
	fclose(f);
	return n;
}

static void
each_file_has_its_format(void **state)
{
	char text[256] = "";
	json_t *got;
	FILE *f;

	(void)state;
	start(2);
	put(1, 7);
	log_free(&opened);
	assert_null(opened);
	got = json_load_file(path[0], 0, NULL);
	assert_string_equal(json_string_value(json_object_get(got, "url")), "/1/7");
	json_decref(got);
	f = fopen(path[1], "r");
	assert_non_null(fgets(text, sizeof text, f));
	fclose(f);
	assert_string_equal(text, "- - - [01/Jan/1970:00:00:00 +0000] \"GET /1/7 HTTP/1.0\" 200 0 \"-\" \"-\"\n");
	f = fopen(path[2], "r");
	assert_non_null(fgets(text, sizeof text, f));
	fclose(f);
	assert_string_equal(text, "        0.000      0 - TCP_MISS/200 0 GET /1/7 - HIER_NONE/- -\n");
	assert_int_equal(counter_sum(COUNTER_LOG_WRITTEN) - written, 3);
	assert_int_equal(counter_sum(COUNTER_LOG_DROPPED) - dropped, 0);
}

static void
what_cannot_be_opened_is_told(void **state)
{
	const char *why = NULL;

	(void)state;
	logs[1].file = STR("/proc/none/x");
	assert_null(log_new(&conf, 1, &why));
	assert_string_equal(why, "/proc/none/x: No such file or directory");
}

static void
off_costs_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < FILES; i++)
		logs[i].file = STR("off");
	start(1);
	for (uint64_t n = 0; n < 100000; n++) /* many times what a queue holds */
		put(0, n);
	log_free(&opened);
	assert_int_equal(counter_sum(COUNTER_LOG_WRITTEN) - written, 0);
	assert_int_equal(counter_sum(COUNTER_LOG_DROPPED) - dropped, 0);
}

#define WORKERS 3
#define RECORDS 30000

static void *
work(void *arg)
{
	counter_thread_begin();
	for (uint64_t n = 0; n < RECORDS; n++)
		put((unsigned)(size_t)arg, n);
	counter_thread_end();
	return NULL;
}

/* Each record is a line in every file, or counted as dropped: once where a queue was full, else once for each file. */
static void
nothing_is_lost_uncounted(void **state)
{
	pthread_t threads[WORKERS];
	uint64_t lines = 0;

	(void)state;
	conf.log_count = 1;
	start(WORKERS);
	for (size_t i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, (void *)i), 0);
	for (size_t i = 0; i < WORKERS; i++)
		pthread_join(threads[i], NULL);
	log_free(&opened);
	lines = lines_of(path[0]);
	assert_int_equal(lines, counter_sum(COUNTER_LOG_WRITTEN) - written);
	assert_int_equal(lines + counter_sum(COUNTER_LOG_DROPPED) - dropped, WORKERS * RECORDS);
	assert_true(lines > 0);
}

static bool
exists(const char *file)
{
	struct stat st;

	return stat(file, &st) == 0;
}

static void
moved_files_are_opened_anew(void **state)
{
	uint64_t n = 0;

	(void)state;
	conf.log_count = 1;
	start(1);
	put(0, n++);
	assert_int_equal(rename(path[0], moved), 0);
	log_reopen(opened);
	assert_true(exists(path[0]));
	while (lines_of(path[0]) == 0) { /* until the thread has taken it up */
		put(0, n++);
		sched_yield();
	}
	log_free(&opened);
	assert_int_equal(lines_of(moved) + lines_of(path[0]), counter_sum(COUNTER_LOG_WRITTEN) - written);
	assert_int_equal(lines_of(moved) + lines_of(path[0]) + counter_sum(COUNTER_LOG_DROPPED) - dropped, n);
}

static void
a_file_that_cannot_be_opened_anew_goes_on(void **state)
{
	(void)state;
	conf.log_count = 1;
	start(1);
	assert_int_equal(rename(path[0], moved), 0);
	assert_int_equal(mkdir(path[0], 0700), 0);
	log_reopen(opened);
	put(0, 1);
	log_free(&opened);
	assert_int_equal(lines_of(moved), 1);
	rmdir(path[0]);
}

static void
other_files_from_here_on(void **state)
{
	struct conf_log other[2] = { logs[0], logs[1] };
	const char *why;

	(void)state;
	conf.log_count = 1;
	start(1);
	put(0, 1);
	conf.logs = other;
	conf.log_count = 2;
	other[1].file = STR("/proc/none/x");
	assert_false(log_reconf(opened, &conf, &why));
	assert_string_equal(why, "/proc/none/x: No such file or directory");
	other[1].file = str_c(path[1]);
	/* The first goes on, even where it could not be opened any more. */
	assert_int_equal(rename(path[0], moved), 0);
	assert_int_equal(mkdir(path[0], 0700), 0);
	assert_true(log_reconf(opened, &conf, &why));
	assert_true(log_reconf(opened, &conf, &why)); /* whether the one before is taken up by now or not */
	while (lines_of(path[1]) == 0) {
		put(0, 2);
		sched_yield();
	}
	other[0].file = other[1].file = STR("off");
	assert_true(log_reconf(opened, &conf, &why));
	log_free(&opened);
	assert_true(lines_of(moved) >= lines_of(path[1])); /* what was queued before may be in the first alone */
	rmdir(path[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_file_has_its_format, begin, end),
		cmocka_unit_test_setup_teardown(what_cannot_be_opened_is_told, begin, end),
		cmocka_unit_test_setup_teardown(off_costs_nothing, begin, end),
		cmocka_unit_test_setup_teardown(nothing_is_lost_uncounted, begin, end),
		cmocka_unit_test_setup_teardown(moved_files_are_opened_anew, begin, end),
		cmocka_unit_test_setup_teardown(a_file_that_cannot_be_opened_anew_goes_on, begin, end),
		cmocka_unit_test_setup_teardown(other_files_from_here_on, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
