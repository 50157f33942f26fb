/* Samples, as Prometheus reads them. */
#include "base/clock.h"
#include "ops/metrics_impl.h"

void
metrics_head(struct strbuf *out, struct str name, struct str type, struct str help)
{
	strbuf_printf(out, "# HELP %.*s %.*s\n", STR_FMT(name), STR_FMT(help));
	strbuf_printf(out, "# TYPE %.*s %.*s\n", STR_FMT(name), STR_FMT(type));
}

void
metrics_label(struct strbuf *out, char before, const char *name, struct str value)
{
	strbuf_printf(out, "%c%s=\"%.*s\"", before, name, STR_FMT(value));
}

void
metrics_value(struct strbuf *out, uint64_t value)
{
	strbuf_char(out, ' ');
	strbuf_u64(out, value);
	strbuf_char(out, '\n');
}

void
metrics_plain(struct strbuf *out, struct str name, uint64_t value)
{
	strbuf_add(out, name);
	metrics_value(out, value);
}

void
metrics_seconds(struct strbuf *out, struct str name, int64_t ms)
{
	strbuf_add(out, name);
	strbuf_printf(out, " %lld.%03d\n", (long long)(ms / MS_PER_S), (int)(ms % MS_PER_S));
}

void
metrics_histogram(struct strbuf *out, struct str name, enum histogram h)
{
	struct histogram_sum sum;
	uint64_t so_far = 0;

	histogram_sum(h, &sum);
	for (unsigned b = 0; b < HISTOGRAM_BUCKETS - 1; b++) {
		so_far += sum.bucket[b];
		strbuf_printf(out, "%.*s_bucket{le=\"%g\"} %llu\n", STR_FMT(name),
			      (double)histogram_bound(b) / (double)NS_PER_S, (unsigned long long)so_far);
	}
	strbuf_printf(out, "%.*s_bucket{le=\"+Inf\"} %llu\n", STR_FMT(name), (unsigned long long)sum.count);
	strbuf_printf(out, "%.*s_sum %.9f\n", STR_FMT(name), sum.seconds);
	strbuf_printf(out, "%.*s_count %llu\n", STR_FMT(name), (unsigned long long)sum.count);
}
