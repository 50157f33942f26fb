/* Asks neighbours what they hold, before it is decided whom to fetch from.
 *
 * Digests are looked at first, without a packet; where none says that somebody has it, all who can be asked by ICP or
 * HTCP are, at once. The first that says so is asked for it: a sibling with only-if-cached, so that it gives what it
 * holds or nothing. What a sibling promised and did not keep costs the round trip, and its answer is discarded: the
 * next promise is tried, then the route's group, as if nobody had been asked. A client never sees it.
 */
#include "http/fields.h"
#include "http/writer.h"
#include "peer/digest_peer.h"
#include "proxy/fetch_impl.h"
#include "proxy/whom.h"

#define FIELDS_MAX 4096 /* of a request, as HTCP is told them */

/* ---- whether ---- */

/* By the configuration: with most nodes there is nobody. */
static bool
has_neighbours(const struct fetch *f)
{
	const struct conf_upstream *home = f->asking.home;

	return f->route != NULL && (f->route->beside != NULL || (home != NULL && home->group->kind != GROUP_ORIGIN));
}

/* What a cache may give from its store, to a client that takes it from there. A copy of ours that is to be confirmed
 * can be so by the origin alone, and what is missing of one would have to be the same one's. */
static bool
may_ask(const struct fetch *f)
{
	struct asked asked;

	if (!has_neighbours(f) || !f->may_store || f->head.method != METHOD_GET || f->background || f->upgrade)
		return false;
	if (f->decision.action != ACT_FETCH || fetch_wants_part(f) || f->decision.reload)
		return false;
	if (head_has(&f->head, HDR_AUTHORIZATION))
		return false;
	asked_read(&asked, &f->head);
	return !asked.no_cache && !(asked.cc.bits & CC_NO_STORE) &&
	       !((asked.cc.bits & CC_MAX_AGE) && asked.cc.max_age == 0);
}

/* ---- whom ---- */

static void
promised(struct fetch *f, struct member *m, const struct conf_upstream *of, enum told by)
{
	struct fetch_asking *s = &f->asking;

	if (s->count < FETCH_PROMISES)
		s->promises[s->count++] = (struct fetch_promise){ member_hold(m), of, by };
}

/* Those of a group that may be asked; each that its digest says has it is a promise. */
static unsigned
gather(struct fetch *f, const struct conf_upstream *of, struct digest_question *question, struct ask_whom *whom,
       unsigned n)
{
	int64_t now = loop_now(f->worker->loop).mono_ns;
	struct roster *roster;

	if (of == NULL || of->group->kind == GROUP_ORIGIN)
		return n;
	roster = group_hold(of->group);
	for (unsigned i = 0; i < roster->count; i++) {
		const struct seat *seat = &roster->seats[i];

		if (!member_is_up(seat->member, now) || !neighbour_is_trusted(&seat->member->neighbour, now))
			continue;
		if (digest_peer_says(seat->member, question) == DIGEST_HOLDS)
			promised(f, seat->member, of, TOLD_BY_DIGEST);
		if ((seat->asked.icp != 0 || seat->asked.htcp != 0) && n < ASK_MAX)
			whom[n++] = (struct ask_whom){ member_hold(seat->member), seat->asked.icp, seat->asked.htcp };
	}
	roster_let_go(&roster);
	return n;
}

static void
let_go_all(struct ask_whom *whom, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		member_let_go(&whom[i].member);
}

/* What may decide which variant is meant, and nobody else's business: no cookies, and nothing that says who asks. */
static bool
is_told(const struct fetch *f, const struct field *field)
{
	switch (field->id) {
	case HDR_HOST:
	case HDR_COOKIE:
	case HDR_VIA:
	case HDR_CDN_LOOP:
	case HDR_FORWARDED:
	case HDR_X_FORWARDED_FOR:
	case HDR_CAIRN_TRACE:
	case HDR_IF_NONE_MATCH:
	case HDR_IF_MODIFIED_SINCE:
	case HDR_RANGE:
	case HDR_IF_RANGE:
		return false;
	default:
		return !field_is_hop(&f->head, field);
	}
}

static struct str
fields_of(const struct fetch *f)
{
	struct strbuf b = strbuf_in(f->arena, 512);

	for (uint32_t i = 0; i < f->head.count; i++)
		if (is_told(f, &f->head.fields[i]))
			write_field(&b, field_name(&f->head.fields[i]), field_value(&f->head.fields[i]));
	return b.over || b.n > FIELDS_MAX ? STR_NONE : strbuf_str(&b);
}

/* ---- asking ---- */

static const struct conf_upstream *
group_of(const struct fetch *f, const struct member *m)
{
	const struct conf_upstream *beside = f->route->beside;
	struct roster *r = beside == NULL ? NULL : group_hold(beside->group);
	bool is_sibling = r != NULL && roster_has(r, m);

	roster_let_go(&r);
	return is_sibling ? beside : f->asking.home;
}

static void
on_answers(void *owner, const struct ask_end *end)
{
	struct fetch *f = owner;

	f->asking.inquiry = NULL;
	f->asking.timed_out = end->timed_out;
	if (end->member != NULL)
		promised(f, end->member, group_of(f, end->member), end->by);
	fetch_run(f);
}

static void
ask_all(struct fetch *f, struct str url, const struct ask_whom *whom, unsigned count)
{
	struct asker *asker = count == 0 ? NULL : worker_asker(f->worker);
	struct ask_about about = { .url = url, .method = STR("GET") };
	bool by_htcp = false;

	if (asker == NULL)
		return;
	for (unsigned i = 0; i < count; i++)
		by_htcp |= whom[i].htcp != 0;
	if (by_htcp)
		about.fields = fields_of(f);
	f->asking.inquiry = asker_ask(asker, &about, whom, count,
				      f->conf->neighbours.wait < 0 ? 0 : f->conf->neighbours.wait, on_answers, f);
}

static void
begin(struct fetch *f)
{
	struct str url = fetch_url(f);
	struct digest_question question = digest_question(url, f->key.text);
	struct ask_whom whom[ASK_MAX];
	unsigned count = 0;

	if (url.p == NULL)
		return;
	count = gather(f, f->route->beside, &question, whom, count);
	count = gather(f, f->asking.home, &question, whom, count);
	if (f->asking.count == 0)
		ask_all(f, url, whom, count);
	let_go_all(whom, count);
}

/* ---- what is made of it ---- */

/* Whom the next promise is about; or by the group's choice. */
enum fetch_step
fetch_ask_next(struct fetch *f)
{
	struct fetch_asking *s = &f->asking;
	int64_t now = loop_now(f->worker->loop).mono_ns;

	while (s->next < s->count) {
		const struct fetch_promise *p = &s->promises[s->next++];

		if (!member_is_up(p->member, now))
			continue;
		if (f->to != p->of)
			fetch_turn_to(f, p->of);
		if (!pick_this(&f->pick, f->group, p->member))
			continue;
		f->member = p->member;
		s->by = p->by;
		whom_note(f);
		return FETCH_CONNECT;
	}
	s->by = TOLD_BY_NOBODY;
	f->error = PROXY_ERROR_NONE;
	if (f->to != s->home)
		fetch_turn_to(f, s->home);
	return FETCH_PICK;
}

enum fetch_step
fetch_ask(struct fetch *f)
{
	struct fetch_asking *s = &f->asking;

	if (!s->began) {
		s->began = true;
		s->home = f->to;
		if (!may_ask(f))
			return FETCH_PICK;
		begin(f);
	}
	return s->inquiry != NULL ? FETCH_WAIT : fetch_ask_next(f);
}

void
fetch_ask_end(struct fetch *f)
{
	struct fetch_asking *s = &f->asking;

	inquiry_drop(&s->inquiry);
	for (unsigned i = 0; i < s->count; i++)
		member_let_go(&s->promises[i].member);
}

/* ---- promises ---- */

void
fetch_ask_kept(struct fetch *f)
{
	if (f->asking.by == TOLD_BY_NOBODY)
		return;
	neighbour_kept(&f->member->neighbour, f->asking.by);
}

void
fetch_ask_broke(struct fetch *f)
{
	if (f->asking.by == TOLD_BY_NOBODY)
		return;
	neighbour_broke(&f->member->neighbour, f->asking.by, loop_now(f->worker->loop).mono_ns);
	f->asking.by = TOLD_BY_NOBODY;
}

/* Is this what a sibling's store may have given? Its own refusals are not: a stored error bears an Age, and what only
 * the client's own credentials could change is not stored. */
bool
fetch_ask_takes(const struct fetch *f)
{
	int status = f->answer.status;

	if (f->group->kind != GROUP_SIBLING)
		return true;
	if (status >= 500)
		return false;
	return status < 400 || head_has(&f->answer, HDR_AGE);
}

/* Its answer is forgotten. Where all of it is here already, the connection can be used again. */
enum fetch_step
fetch_ask_disappointed(struct fetch *f)
{
	bool whole = f->answer.arena != NULL && f->frame.framing == FRAMING_LENGTH && f->answer.minor == 1 &&
		     f->frame.length == f->in_n - f->in_pos &&
		     !head_has_token(&f->answer, HDR_CONNECTION, STR("close"));

	fetch_ask_broke(f);
	fetch_let_go(f, whole);
	f->in_pos = f->in_n = f->out_done = 0;
	f->scan = (struct head_scan){ 0 };
	f->answer = (struct head){ 0 };
	f->frame = (struct body_frame){ 0 };
	f->fwd_status = 0;
	f->error = PROXY_ERROR_NONE;
	return fetch_ask_next(f);
}
