#include "node_case.h"

#include <math.h>

#include "ops/metrics.h"
#include "trail/reason.h"

#define YAML                                                                    \
	"node: {workers: 1}\nlisteners: [{address: \":80\"}]\n"                 \
	"upstreams:\n"                                                          \
	"  site: {members: [http://a:8000, \"http://[::1]:81\"]}\n"             \
	"  shield: {kind: parent, members: [{url: \"http://b\", icp: 3130}]}\n" \
	"routes: [{path: /a, upstream: site}, {upstream: shield}]\n"            \
	"store: {memory: 8M}\ntrail: {secret: x}\n"

static char room[1 << 17];

static struct str
written(void)
{
	struct strbuf out = strbuf_fixed(room, sizeof room);

	metrics_write(&out, &node, 5 * NS_PER_S);
	assert_false(out.over);
	return strbuf_str(&out);
}

/* ---- a strict reader of the text format ---- */

#define SERIES_MAX   1000
#define FAMILIES_MAX 200

struct sample {
	struct str series; /* name and labels, as written */
	struct str name, labels;
	double value;
};

static struct sample samples[SERIES_MAX];
static size_t sample_count;
static struct str families[FAMILIES_MAX];
static size_t family_count;

static size_t
span(struct str s, const char *first, const char *others)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != '\0' && strchr(n == 0 ? first : others, s.p[n]) != NULL)
		n++;
	return n;
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"

static struct str
take_name(struct str *s)
{
	struct str name = str_head(*s, span(*s, LETTERS ":", LETTERS ":0123456789"));

	assert_true(name.n > 0);
	*s = str_skip(*s, name.n);
	return name;
}

static void
take(struct str *s, const char *what)
{
	assert_true(str_starts(*s, str_c(what)));
	*s = str_skip(*s, strlen(what));
}

static void
take_quoted(struct str *s)
{
	size_t i = 1;

	take(s, "\"");
	for (i = 0; i < s->n && s->p[i] != '"'; i++) {
		if (s->p[i] == '\\')
			assert_non_null(memchr("\\\"n", s->p[++i], 3));
	}
	assert_true(i < s->n);
	*s = str_skip(*s, i + 1);
}

static void
take_labels(struct str *s)
{
	if (s->n == 0 || s->p[0] != '{')
		return;
	for (const char *before = "{"; s->n > 0 && s->p[0] != '}'; before = ",") {
		take(s, before);
		assert_true(span(*s, LETTERS, LETTERS "0123456789") > 0);
		take_name(s);
		take(s, "=");
		take_quoted(s);
	}
	take(s, "}");
}

static void
take_sample(struct str line, struct str family, struct str type)
{
	struct sample *got = &samples[sample_count];
	struct str rest = line;
	char number[64];
	char *end;

	assert_true(sample_count < SERIES_MAX);
	got->name = take_name(&rest);
	got->labels.p = rest.p;
	take_labels(&rest);
	got->labels.n = (size_t)(rest.p - got->labels.p);
	got->series = str_of(line.p, (size_t)(rest.p - line.p));
	take(&rest, " ");
	assert_true(rest.n > 0 && rest.n < sizeof number);
	snprintf(number, sizeof number, "%.*s", STR_FMT(rest));
	got->value = strtod(number, &end);
	assert_int_equal(*end, '\0');
	assert_true(isfinite(got->value) && got->value >= 0);
	assert_true(str_starts(got->name, family));
	if (str_eq(type, STR("histogram")))
		assert_true(str_ends(got->name, STR("_bucket")) || str_ends(got->name, STR("_sum")) ||
			    str_ends(got->name, STR("_count")));
	else
		assert_int_equal(got->name.n, family.n);
	for (size_t i = 0; i < sample_count; i++)
		assert_false(str_eq(samples[i].series, got->series));
	sample_count++;
}

/* The two lines before a family's samples. */
static void
take_family(struct str help, struct str *rest, struct str *family, struct str *type)
{
	struct str line;

	take(&help, "# HELP ");
	*family = take_name(&help);
	take(&help, " ");
	assert_true(help.n > 10 && help.p[help.n - 1] == '.');
	assert_true(str_cut(rest, '\n', &line));
	take(&line, "# TYPE ");
	assert_true(str_eq(take_name(&line), *family));
	take(&line, " ");
	*type = line;
	assert_true(str_eq(*type, STR("counter")) || str_eq(*type, STR("gauge")) || str_eq(*type, STR("histogram")));
	assert_int_equal(str_eq(*type, STR("counter")), str_ends(*family, STR("_total")));
	for (size_t i = 0; i < family_count; i++)
		assert_false(str_eq(families[i], *family));
	assert_true(family_count < FAMILIES_MAX);
	families[family_count++] = *family;
}

static void
read_all(struct str text)
{
	struct str line, family = STR_NONE, type = STR_NONE;

	sample_count = family_count = 0;
	while (text.n > 0) {
		assert_true(str_cut(&text, '\n', &line));
		if (line.n > 0 && line.p[0] == '#')
			take_family(line, &text, &family, &type);
		else
			take_sample(line, family, type);
	}
}

static double
value(const char *series)
{
	for (size_t i = 0; i < sample_count; i++)
		if (str_eq(samples[i].series, str_c(series)))
			return samples[i].value;
	fail_msg("there is no %s", series);
	return -1;
}

static bool
told(const char *series)
{
	for (size_t i = 0; i < sample_count; i++)
		if (str_eq(samples[i].series, str_c(series)))
			return true;
	return false;
}

/* ---- the tests ---- */

static void
every_row_is_told(void **state)
{
	static const struct str rows[] = {
#define COUNTER(id, name, help)              STR_INIT(name),
#define HISTOGRAM(id, name, help)            STR_INIT(name),
#define READ(type, name, help, value)        STR_INIT(name),
#define READ_MS(type, name, help, value)     STR_INIT(name),
#define MEMBER(type, name, help, value)      STR_INIT(name),
#define FAMILY(type, name, labels, help, fn) STR_INIT(name),
#include "tbl/metrics.def"
	};

	(void)state;
	open_node(YAML);
	read_all(written());
	assert_int_equal(family_count, sizeof rows / sizeof rows[0]);
	for (size_t i = 0; i < family_count; i++) {
		bool any = false;

		assert_true(str_eq(families[i], rows[i]));
		for (size_t k = 0; k < sample_count && !any; k++)
			any = str_starts(samples[k].name, rows[i]);
		assert_true(any);
	}
}

static void
what_was_counted_is_told(void **state)
{
	double hits, refreshing, evicted, bytes;

	(void)state;
	open_node(YAML);
	read_all(written());
	hits = value("cairn_requests_total{served=\"hit\",reason=\"fresh\"}");
	assert_false(told("cairn_requests_total{served=\"miss\",reason=\"evicted\"}"));
	bytes = value("cairn_client_sent_bytes_total");
	counter_request(true, REASON_NONE);
	counter_request(true, REASON_NONE);
	counter_request(true, REASON_REFRESHING);
	counter_request(false, REASON_EVICTED);
	counter_request(false, REASON_NONE);
	counter_request(false, REASON_COUNT - 1);
	counter_add(COUNTER_CLIENT_BYTES_OUT, 12345678901);
	atomic_store(&node.clients, 7);
	read_all(written());
	refreshing = value("cairn_requests_total{served=\"hit\",reason=\"refreshing\"}");
	evicted = value("cairn_requests_total{served=\"miss\",reason=\"evicted\"}");
	assert_int_equal((int)(value("cairn_requests_total{served=\"hit\",reason=\"fresh\"}") - hits), 2);
	assert_int_equal((int)refreshing, 1);
	assert_int_equal((int)evicted, 1);
	assert_true(told("cairn_requests_total{served=\"miss\",reason=\"none\"}"));
	assert_true(told("cairn_requests_total{served=\"miss\",reason=\"admin\"}"));
	assert_true(value("cairn_client_sent_bytes_total") - bytes == 12345678901.0);
	assert_int_equal((int)value("cairn_client_connections"), 7);
	assert_int_equal((int)value("cairn_workers"), 1);
	assert_int_equal((int)value("cairn_store_limit_bytes"), 8 << 20);
	assert_true(value("cairn_store_memory_bytes") <= 8 << 20);
	assert_true(value("process_open_fds") >= 3 && value("process_resident_memory_bytes") > 4096);
	assert_true(value("cairn_start_time_seconds") > 1.7e9);
	assert_true(told("cairn_build_info{version=\"" CAIRN_VERSION "\"}"));
}

static void
times_are_cumulative(void **state)
{
	double before = 0, total;
	size_t buckets = 0;

	(void)state;
	open_node(YAML);
	read_all(written());
	total = value("cairn_upstream_duration_seconds_count");
	before = value("cairn_upstream_duration_seconds_bucket{le=\"0.001\"}");
	histogram_observe(HISTOGRAM_UPSTREAM_TIME, NS_PER_MS / 4);
	histogram_observe(HISTOGRAM_UPSTREAM_TIME, NS_PER_MS);
	histogram_observe(HISTOGRAM_UPSTREAM_TIME, 3 * NS_PER_MS);
	histogram_observe(HISTOGRAM_UPSTREAM_TIME, 100 * NS_PER_S);
	read_all(written());
	assert_int_equal((int)(value("cairn_upstream_duration_seconds_count") - total), 4);
	assert_int_equal((int)(value("cairn_upstream_duration_seconds_bucket{le=\"0.001\"}") - before), 2);
	assert_true(value("cairn_upstream_duration_seconds_bucket{le=\"65.536\"}") + 1 <=
		    value("cairn_upstream_duration_seconds_bucket{le=\"+Inf\"}"));
	before = 0;
	for (size_t i = 0; i < sample_count; i++) {
		if (!str_eq(samples[i].name, STR("cairn_upstream_duration_seconds_bucket")))
			continue;
		assert_true(samples[i].value >= before);
		before = samples[i].value;
		buckets++;
	}
	assert_int_equal(buckets, HISTOGRAM_BUCKETS);
	assert_true(before == value("cairn_upstream_duration_seconds_count"));
}

static void
each_member_is_told(void **state)
{
	struct conf *conf;
	struct member *m;

	(void)state;
	open_node(YAML);
	conf = node_conf(&node);
	m = group_roster(conf->upstreams[0].group)->seats[1].member;
	atomic_store(&m->requests, 5);
	atomic_store(&m->status[0], 1);
	atomic_store(&m->status[2], 4);
	atomic_store(&m->fails, 3);
	m->down_until = 6 * NS_PER_S;
	read_all(written());
	assert_int_equal((int)value("cairn_upstream_requests_total{upstream=\"site\",member=\"a:8000\"}"), 0);
	assert_int_equal((int)value("cairn_upstream_requests_total{upstream=\"site\",member=\"[::1]:81\"}"), 5);
	assert_int_equal((int)value("cairn_upstream_up{upstream=\"site\",member=\"a:8000\"}"), 1);
	assert_int_equal((int)value("cairn_upstream_up{upstream=\"site\",member=\"[::1]:81\"}"), 0);
	assert_int_equal(
	    (int)value("cairn_upstream_responses_total{upstream=\"site\",member=\"[::1]:81\",class=\"2xx\"}"), 4);
	assert_int_equal(
	    (int)value("cairn_upstream_responses_total{upstream=\"site\",member=\"[::1]:81\",class=\"none\"}"), 1);
	assert_int_equal((int)value("cairn_upstream_up{upstream=\"shield\",member=\"b:80\"}"), 1);
	conf_unref(&conf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_row_is_told, enter_node, leave_node),
		cmocka_unit_test_setup_teardown(what_was_counted_is_told, enter_node, leave_node),
		cmocka_unit_test_setup_teardown(times_are_cumulative, enter_node, leave_node),
		cmocka_unit_test_setup_teardown(each_member_is_told, enter_node, leave_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
