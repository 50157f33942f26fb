#include "ops/log_line.h"

#include "base/must.h"
#include "net/addr.h"
#include "ops/log_impl.h"
#include "proxy/conf.h"

void
log_escape(struct strbuf *out, struct str s, struct str special, struct str mark)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c >= ' ' && c < 0x7f && str_chr(special, s.p[i]) < 0) {
			strbuf_char(out, s.p[i]);
		} else {
			strbuf_add(out, mark);
			strbuf_add(out, str_of((char[]){ hex[c >> 4], hex[c & 15] }, 2));
		}
	}
}

struct str
log_user(const struct record *r)
{
	return r->asker == NULL || r->asker->user.n == 0 ? STR("-") : r->asker->user;
}

void
log_client(struct strbuf *out, const struct record *r)
{
	char text[ADDR_TEXT_SIZE] = "-";

	if (r->client != NULL)
		addr_text(r->client, text);
	strbuf_add(out, str_c(text));
}

void
log_status(struct strbuf *out, const struct record *r)
{
	strbuf_printf(out, "%03d", r->status);
}

void
log_line(struct strbuf *out, int format, const struct record *r)
{
	if (r->background && format != CONF_format_JSON)
		return;
	switch (format) {
	case CONF_format_JSON:
		log_json(out, r);
		break;
	case CONF_format_COMBINED:
		log_combined(out, r);
		break;
	case CONF_format_SQUID:
		log_squid(out, r);
		break;
	default:
		MUST_NOT_REACH();
	}
	strbuf_char(out, '\n');
}
