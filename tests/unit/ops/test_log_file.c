#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/counter.h"
#include "ops/log_file.h"
#include "proxy/conf.h"

static char dir[64], path[80];
static struct log_file file;
static uint64_t written, dropped; /* before the test */

static int
begin(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/cairn-log-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof path, "%s/access.log", dir);
	counter_thread_begin();
	signal(SIGPIPE, SIG_IGN);
	written = counter_sum(COUNTER_LOG_WRITTEN);
	dropped = counter_sum(COUNTER_LOG_DROPPED);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	counter_thread_end();
	unlink(path);
	return rmdir(dir);
}

static uint64_t
lines_written(void)
{
	return counter_sum(COUNTER_LOG_WRITTEN) - written;
}

static uint64_t
lines_dropped(void)
{
	return counter_sum(COUNTER_LOG_DROPPED) - dropped;
}

static void
add(uint64_t n, int64_t at)
{
	char target[32];
	struct record r = { .method = STR("GET"), .status = 200 };

	r.target = str_of(target, (size_t)snprintf(target, sizeof target, "/%llu", (unsigned long long)n));
	log_file_add(&file, &r, at);
}

static char text[8 << 20]; /* what a reader has got so far */
static size_t text_n;

/* Reads what there is, at most `most` bytes, from a descriptor that does not block. */
static void
gather(int fd, size_t most)
{
	ssize_t n = 1;

	for (size_t end = text_n + most; n > 0 && text_n<end; text_n += n> 0 ? (size_t)n : 0)
		n = read(fd, text + text_n, end - text_n);
}

/* A line of add(); it says which one. */
static uint64_t
number_of(struct str line)
{
	static const struct str before = STR_INIT("- - - [01/Jan/1970:00:00:00 +0000] \"GET /");
	struct str digits;
	uint64_t n = 0;

	assert_true(str_starts(line, before));
	line = str_skip(line, before.n);
	str_cut(&line, ' ', &digits);
	assert_str(line, "HTTP/1.0\" 200 0 \"-\" \"-\"");
	assert_true(str_u64(digits, &n));
	return n;
}

/* Takes what was gathered: whole lines, in order, of which some may be missing. Returns how many. */
static uint64_t
take_lines(uint64_t *next)
{
	struct str rest = { text, text_n }, line;
	uint64_t lines = 0;

	for (; rest.n > 0; lines++) {
		uint64_t n;

		assert_true(str_cut(&rest, '\n', &line));
		n = number_of(line);
		assert_true(n >= *next);
		*next = n + 1;
	}
	text_n = 0;
	return lines;
}

static void
lines_are_appended(void **state)
{
	uint64_t next = 0;
	struct stat st;
	int fd;

	(void)state;
	for (uint64_t round = 0; round < 2; round++) {
		assert_int_equal(log_file_open(&file, str_c(path), CONF_format_COMBINED), 0);
		for (uint64_t n = 0; n < 5000; n++) /* more than the buffer holds */
			add(round * 5000 + n, 0);
		log_file_flush(&file, 0);
		assert_false(log_file_waits(&file));
		log_file_close(&file);
	}
	fd = open(path, O_RDONLY);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 0777 & ~0640, 0);
	gather(fd, sizeof text);
	assert_int_equal(take_lines(&next), 10000);
	assert_int_equal(next, 10000);
	assert_int_equal(lines_written(), 10000);
	assert_int_equal(lines_dropped(), 0);
	close(fd);
}

static void
what_cannot_be_opened_is_told(void **state)
{
	char longer[5000];

	(void)state;
	snprintf(path, sizeof path, "%s/none/access.log", dir);
	assert_int_equal(log_file_open(&file, str_c(path), CONF_format_JSON), -ENOENT);
	assert_int_equal(log_file_open(&file, str_c(dir), CONF_format_JSON), -EISDIR);
	memset(longer, 'x', sizeof longer);
	assert_int_equal(log_file_open(&file, str_of(longer, sizeof longer), CONF_format_JSON), -ENAMETOOLONG);
	snprintf(path, sizeof path, "%s/access.log", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(log_file_open(&file, str_c(path), CONF_format_JSON),
			 -ENXIO); /* and does not wait for a reader */
}

static void
a_full_disk_costs_lines(void **state)
{
	(void)state;
	assert_int_equal(log_file_open(&file, STR("/dev/full"), CONF_format_COMBINED), 0);
	for (uint64_t n = 0; n < 10000; n++)
		add(n, 0);
	assert_true(lines_dropped() > 1000);
	log_file_flush(&file, 0);
	assert_int_equal(file.error, -ENOSPC);
	assert_false(log_file_waits(&file));
	log_file_close(&file);
	assert_int_equal(lines_written(), 0);
	assert_int_equal(lines_dropped(), 10000);
}

/* A FIFO with a reader that does not block. */
static int
open_fifo(void)
{
	int fd;

	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDONLY | O_NONBLOCK);
	assert_int_equal(log_file_open(&file, str_c(path), CONF_format_COMBINED), 0);
	return fd;
}

/* The reader reads in bits, so that writes end midway, until nothing waits any more; then the rest. */
static void
gather_all(int fd)
{
	while (log_file_waits(&file)) {
		size_t before = text_n;

		gather(fd, 4999);
		assert_true(text_n > before);
		log_file_flush(&file, 0);
	}
	gather(fd, sizeof text - text_n);
}

/* A reader that comes late gets what was kept for it, no line torn, and then what comes after. */
static void
a_slow_reader_costs_lines(void **state)
{
	uint64_t next = 0, lost;
	int fd = open_fifo();

	(void)state;
	for (uint64_t n = 0; n < 10000; n++)
		add(n, 0);
	assert_true(log_file_waits(&file));
	lost = lines_dropped();
	assert_true(lost > 1000);
	gather_all(fd);
	add(10000, 0);
	log_file_flush(&file, 0);
	gather(fd, sizeof text - text_n);
	assert_int_equal(take_lines(&next), 10001 - lost);
	assert_int_equal(next, 10001);
	assert_int_equal(lines_written(), 10001 - lost);
	assert_int_equal(lines_dropped(), lost);
	log_file_close(&file);
	close(fd);
}

/* Nobody reads: it cannot be written. Somebody reads again: after a while it can. */
static void
a_reader_may_come_back(void **state)
{
	uint64_t next = 0;
	int fd = open_fifo();

	(void)state;
	close(fd);
	add(1, 5);
	log_file_flush(&file, 5);
	assert_int_equal(file.error, -EPIPE);
	assert_false(log_file_waits(&file));
	fd = open(path, O_RDONLY | O_NONBLOCK);
	add(2, 5 + NS_PER_S - 1);
	log_file_flush(&file, 5 + NS_PER_S - 1);
	assert_int_equal(file.error, -EPIPE);
	log_file_flush(&file, 5 + NS_PER_S);
	assert_int_equal(file.error, 0);
	gather(fd, sizeof text);
	assert_int_equal(take_lines(&next), 2);
	assert_int_equal(lines_dropped(), 0);
	log_file_close(&file);
	close(fd);
}

/* Whose ends others made: they block, and go on to. */
static void
write_to_stdout(int in, int out)
{
	int kept = dup(STDOUT_FILENO);
	uint64_t next = 0, lost = lines_dropped();

	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	assert_int_equal(log_file_open(&file, STR("-"), CONF_format_COMBINED), 0);
	dup2(kept, STDOUT_FILENO);
	for (uint64_t n = 0; n < 10000; n++)
		add(n, 0);
	lost = lines_dropped() - lost;
	assert_true(lost > 1000);
	assert_int_equal(fcntl(out, F_GETFL) & O_NONBLOCK, 0);
	fcntl(in, F_SETFL, O_NONBLOCK);
	gather_all(in);
	assert_int_equal(take_lines(&next), 10000 - lost);
	log_file_close(&file);
	close(kept);
	close(in);
	close(out);
}

static void
standard_output_is_not_made_not_to_block(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	write_to_stdout(ends[0], ends[1]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	write_to_stdout(ends[0], ends[1]);
}

/* The same file in the next configuration: what waits goes on waiting, and a line half written gets its other half. */
static void
what_waits_is_handed_on(void **state)
{
	struct log_file before;
	uint64_t next = 0, lines = 0;
	int fd = open_fifo();

	(void)state;
	while (file.to < LOG_FILE_BUFFER / 2)
		add(lines++, 0);
	log_file_flush(&file, 0);
	assert_true(log_file_waits(&file));
	before = file;
	assert_int_equal(log_file_share(&file, &before, CONF_format_COMBINED), 0);
	log_file_inherit(&file, &before);
	log_file_close(&before);
	add(lines++, 0);
	gather_all(fd);
	assert_int_equal(take_lines(&next), lines);
	assert_int_equal(next, lines);
	assert_int_equal(lines_dropped(), 0);
	log_file_close(&file);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines_are_appended, begin, end),
		cmocka_unit_test_setup_teardown(what_cannot_be_opened_is_told, begin, end),
		cmocka_unit_test_setup_teardown(a_full_disk_costs_lines, begin, end),
		cmocka_unit_test_setup_teardown(a_slow_reader_costs_lines, begin, end),
		cmocka_unit_test_setup_teardown(a_reader_may_come_back, begin, end),
		cmocka_unit_test_setup_teardown(standard_output_is_not_made_not_to_block, begin, end),
		cmocka_unit_test_setup_teardown(what_waits_is_handed_on, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
