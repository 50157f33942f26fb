/* What is told of an exchange and of no other: Server-Timing and Proxy-Status. */
#include "trail/write_impl.h"

#include "trail/chain_impl.h"
#include "trail/relay_impl.h"

/* ---- Server-Timing ---- */

#define US_PER_TENTH 100 /* of a millisecond */

/* Milliseconds with one decimal, rounded. */
static void
add_duration(struct strbuf *out, int64_t us)
{
	uint64_t tenths = us <= 0 ? 0 : ((uint64_t)us + US_PER_TENTH / 2) / US_PER_TENTH;

	strbuf_u64(out, tenths / 10);
	strbuf_char(out, '.');
	strbuf_u64(out, tenths % 10);
}

/* edge-1;desc="miss: evicted";dur=12.3 */
static void
add_metric(const struct writing *w)
{
	strbuf_add(w->out, w->self);
	strbuf_add(w->out, w->v->hit ? STR(";desc=\"hit") : STR(";desc=\"miss"));
	if (w->who->history && w->v->reason != REASON_NONE) {
		strbuf_lit(w->out, ": ");
		strbuf_add(w->out, reason_token(w->v->reason));
	}
	strbuf_lit(w->out, "\";dur=");
	add_duration(w->out, w->x->duration_us);
}

/* Whoever holds the token gets each tier's time, wanted by the configuration or not. */
void
write_server_timing(const struct writing *w)
{
	bool own = w->n->fields.server_timing || w->who->extras;
	struct str received = w->v->made_up ? STR_NONE : w->x->upstream_server_timing;

	if (!own && received.n == 0)
		return;
	strbuf_lit(w->out, "Server-Timing: ");
	if (relay_timing(w->out, w->n, w->who, received) && own)
		strbuf_lit(w->out, ", ");
	if (own)
		add_metric(w);
	strbuf_lit(w->out, "\r\n");
}

/* ---- Proxy-Status (RFC 9209) ---- */

/* RFC 9209 2.3.14 */
static void
add_alert(struct strbuf *out, unsigned alert)
{
	struct str name = tls_alert_name(alert);

	strbuf_printf(out, "; alert-id=%u", alert);
	if (name.n > 0)
		strbuf_printf(out, "; alert-message=%.*s", STR_FMT(name));
}

/* RFC 9209 2 */
static void
add_error(const struct writing *w)
{
	chain_write_word(w->out, w->self);
	strbuf_lit(w->out, "; error=");
	strbuf_add(w->out, proxy_error_token(w->v->error));
	if (w->x->next_hop.n > 0 && w->who->extras) {
		strbuf_lit(w->out, "; next-hop=");
		chain_write_string(w->out, w->x->next_hop);
	}
	if (w->v->error == PROXY_ERROR_TLS_ALERT_RECEIVED)
		add_alert(w->out, w->v->alert);
	if (w->x->proxy_status_details.n > 0) {
		strbuf_lit(w->out, "; details=");
		chain_write_string(w->out, w->x->proxy_status_details);
	}
}

void
write_proxy_status(const struct writing *w)
{
	bool own = w->n->fields.proxy_status && w->v->error != PROXY_ERROR_NONE;
	struct str received = w->v->made_up ? STR_NONE : w->x->upstream_proxy_status;

	if (!own && received.n == 0)
		return;
	strbuf_lit(w->out, "Proxy-Status: ");
	if (relay_proxy_status(w->out, w->n, w->who, received) && own)
		strbuf_lit(w->out, ", ");
	if (own)
		add_error(w);
	strbuf_lit(w->out, "\r\n");
}
