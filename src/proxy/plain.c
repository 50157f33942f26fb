#include "proxy/plain.h"

#include "base/must.h"
#include "http/fields.h"
#include "http/status.h"
#include "http/uri.h"
#include "proxy/access.h"
#include "proxy/edit.h"
#include "proxy/intercept.h"
#include "proxy/plates.h"
#include "proxy/req_impl.h"
#include "proxy/session_impl.h"

#define RUNS 16

struct plain {
	struct session *session;
	struct worker *worker;
	const struct conf *conf;
	struct now now;
	const struct head *head;
	struct key_parts url;
	const struct conf_route *route;
	struct looked *looked;
	struct entry *entry;
	struct meta meta;
	struct freshness fresh;
	const struct plate *plate;
	struct verdict verdict;
};

/* --- what is asked --- */

/* Does the route leave requests and responses as they are? */
static bool
is_plain_route(const struct conf_route *route)
{
	const struct key_rules *key = &route->policy.key;

	return route->to != NULL && route->policy.enabled && route->cache.bypass.count == 0 && key->ignore_count == 0 && !key->sort_query &&
	       !edit_any(&route->response);
}

static bool
understand(struct plain *p)
{
	const struct head *h = p->head;

	if (h->method != METHOD_GET || h->minor != 1 || !head_is_quiet(h) || !uri_is_origin_form(h->target))
		return false;
	if (!head_has_one(h, HDR_HOST) || !sites_find(&p->worker->sites, head_get(h, HDR_HOST), &p->url))
		return false;
	p->url.target = h->target;
	p->route = conf_route_for(p->conf, p->url.host, h->target);
	return p->route != NULL && is_plain_route(p->route);
}

/* --- what is found --- */

static bool
find(struct plain *p)
{
	struct store *store = p->worker->node->store;
	struct looked *l = p->looked;
	struct found *found = &l->found;
	struct strbuf text = strbuf_fixed(l->text, sizeof l->text);

	l->key = key_write(store_secret(store), &p->url, &p->route->policy.key, p->head, &text);
	if (l->key.text.p == NULL)
		return false;
	store_find(store, &l->key, p->head, p->now.wall_ms, found);
	l->route = p->route;
	l->port = p->url.port;
	l->host_n = p->url.host.n;
	p->entry = found->entry;
	return found->what == FOUND_ENTRY && found->mark == REASON_NONE && entry_is_whole(found->entry);
}

/* May it answer whoever demands nothing? */
static bool
is_fresh(struct plain *p)
{
	entry_meta(p->entry, &p->meta);
	if ((p->meta.flags & META_PARTIAL) || (entry_length(p->entry) == 0 && status_bodiless(p->meta.status)))
		return false;
	fresh_state(&p->meta, &p->route->policy, p->now.wall_ms, &p->fresh);
	return p->fresh.ttl_ms > 0 && !p->fresh.must_validate;
}

/* But for its numbers. */
static const struct verdict plain_hit = { .lookup = LOOKUP_HIT, .hit = true, .hits = 1, .has_ttl = true, .replayed = true };

/* Which words the client is told depends on its address and the configuration alone; for what was diverted to us they are
 * found each time, since there the host must be where the request was sent. NULL: there is no plate for them, a rule may
 * forbid what it asks, or the host may be a lie. */
static const struct plate *
new_plate_for(const struct plain *p)
{
	struct session *s = p->session;
	const struct conf_listener *l = &p->conf->listeners[s->listener->index];

	if (s->diverted && !intercept_knows(s, p->url.host, p->url.port))
		return NULL;
	s->plate_number = s->diverted ? 0 : p->worker->conf_number + 1;
	if (!access_is_open(p->conf, l, &s->peer))
		return NULL;
	return plates_get(p->worker->plates, p->conf, s->listener, session_audience(s), &plain_hit, true);
}

static const struct plate *
plate_for(const struct plain *p)
{
	struct session *s = p->session;

	if (UNLIKELY(s->plate_number != p->worker->conf_number + 1))
		s->plate = new_plate_for(p);
	return s->plate;
}

/* Is it said in the words that stand on a plate? */
static bool
has_words(struct plain *p)
{
	p->plate = plate_for(p);
	return p->plate != NULL && plates_suit(entry_stored(p->entry), &p->meta);
}

/* --- the answer --- */

static ssize_t
send_chunks(struct plain *p, const struct reply *reply)
{
	struct entry_reader reader;
	struct iovec iov[RUNS];
	int count = RUNS;
	ssize_t n;

	entry_reader_init(&reader, p->entry, 0, reply->length - 1);
	(void)entry_reader_peek(&reader, iov, &count);
	n = session_sink.head(p->session, reply, iov, count);
	entry_reader_fini(&reader);
	return n;
}

/* Returns how many bytes of the body the socket took; -errno where the client is gone. */
static ssize_t
send_answer(struct plain *p)
{
	char room[REPLY_EXTRA];
	struct strbuf words = strbuf_fixed(room, sizeof room);
	struct reply reply = { .status = p->meta.status, .length = entry_length(p->entry) };
	struct str body = entry_inlined(p->entry);
	struct iovec iov = { (void *)body.p, body.n };

	plate_write(&words, p->plate, &p->verdict, fresh_age_s(&p->meta, p->now.wall_ms));
	reply.lines = stored_lines(entry_stored(p->entry));
	reply.extra = strbuf_str(&words);
	if (body.n == reply.length)
		return session_sink.head(p->session, &reply, &iov, 1);
	return send_chunks(p, &reply);
}

static void
tell(const struct plain *p)
{
	const struct node_hooks *hooks = &p->worker->node->hooks;
	const struct head *h = p->head;
	struct record rec = {
		.id = worker_record_id(p->worker),
		.wall_ms = p->now.wall_ms,
		.client = &p->session->peer,
		.method = h->method_text,
		.scheme = p->url.scheme,
		.host = head_get(h, HDR_HOST),
		.target = h->target,
		.minor = h->minor,
		.status = p->meta.status,
		.bytes_in = p->session->bytes_in,
		.bytes_out = p->session->bytes_out,
		.body_out = entry_length(p->entry),
		.verdict = p->verdict,
		.absent_ago_ms = -1,
		.upstream_group = p->route->to->name,
		.referer = head_get(h, HDR_REFERER),
		.user_agent = head_get(h, HDR_USER_AGENT),
		.content_type = stored_field(entry_stored(p->entry), HDR_CONTENT_TYPE),
	};

	hooks->record(hooks->ctx, p->worker->index, &rec);
}

static void
account(const struct plain *p)
{
	account_count(&p->verdict, p->session->bytes_in, p->session->bytes_out, 0);
	if (p->worker->node->hooks.record != NULL && p->conf->logged)
		tell(p);
}

/* The socket did not take all of it: the rest is delivered by a request, at the client's pace. */
static void
hand_over(const struct plain *p, struct str in, ssize_t taken)
{
	struct req *r = session_resume(p->session, in);

	if (r == NULL)
		session_hang_up(p->session, CLOSE_ABORT);
	else
		req_resume(r, p->entry, &p->verdict, taken < 0 ? 0 : (uint64_t)taken);
}

static void
answer(struct plain *p, struct str in)
{
	struct session *s = p->session;
	ssize_t taken;

	session_begin(s, in.n);
	s->minor = 1;
	verdict_of_hit(&p->verdict, p->entry, &p->fresh, p->now.wall_ms);
	taken = send_answer(p);
	if (taken < 0 || s->blocked || (uint64_t)taken < entry_length(p->entry)) {
		hand_over(p, in, taken);
		return;
	}
	account(p);
	conn_timer(s->conn, p->conf->timeouts.idle);
}

bool
plain_answer(struct session *s, const struct head *h, struct str in, struct looked *looked)
{
	struct plain p;

	looked->route = NULL;
	p.looked = looked;
	p.session = s;
	p.head = h;
	p.worker = s->worker;
	p.conf = worker_conf(s->worker);
	if (s->worker->draining || !understand(&p))
		return false;
	p.now = loop_now(s->worker->loop);
	if (!find(&p) || !is_fresh(&p) || !has_words(&p))
		return false;
	answer(&p, in);
	return true;
}
