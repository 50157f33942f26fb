#include "proxy/trailers.h"

#include "http/head.h"
#include "http/writer.h"

/* Nobody has looked at a trailer when a message was framed, routed, judged and keyed, and yet there are receivers that take
 * it for a field of the head: what means something there has no place behind the body (RFC 9110 6.5.1). */
static bool
may_trail(uint16_t id)
{
	return id == HDR_OTHER || id == HDR_ETAG || id == HDR_SERVER_TIMING || id == HDR_CONTENT_MD5;
}

static struct str
kept_of(struct strbuf *received, const struct conf_limits *lim, struct arena *a)
{
	struct head_limits limits = { (uint32_t)lim->trailers + 2, 0, (uint32_t)lim->fields };
	struct strbuf kept = strbuf_in(a, received->n);
	struct head_scan scan = { 0 };
	enum fault fault;
	struct head h;
	size_t used;

	strbuf_lit(received, "\r\n"); /* ends them, as their parser wants it */
	head_init(&h, a);
	if (received->over ||
	    head_parse_trailers(&h, strbuf_str(received), &limits, &scan, &used, &fault) != HEAD_OK)
		return STR_NONE;
	for (uint32_t i = 0; i < h.count; i++)
		if (may_trail(h.fields[i].id))
			write_field(&kept, field_name(&h.fields[i]), field_value(&h.fields[i]));
	return kept.over ? STR_NONE : strbuf_str(&kept);
}

struct str
trailers_kept(struct strbuf *received, const struct conf_limits *lim, struct arena *a)
{
	return received->n == 0 ? STR_NONE : kept_of(received, lim, a);
}
