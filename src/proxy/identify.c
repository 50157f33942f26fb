/* Who asks, where a rule wants to know: a user name and its password, checked beside the worker. */
#include <stdlib.h>

#include "base/counter.h"
#include "proxy/credentials.h"
#include "proxy/outcomes.h"
#include "proxy/passwords.h"
#include "proxy/pause.h"
#include "proxy/req_impl.h"

static const struct conf_user *
find_user(const struct conf_authentication *c, struct str name)
{
	size_t low = 0, high = c->user_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = str_cmp(c->users[mid].name, name);

		if (order == 0)
			return &c->users[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* A worker remembers for itself, so that who is known costs no lock. */
static void
remember(struct req *r)
{
	struct worker *w = r->worker;
	int64_t until_ns = loop_now(w->loop).mono_ns + r->conf->authentication.remember * NS_PER_MS;

	if (w->outcomes == NULL)
		w->outcomes = calloc(1, sizeof *w->outcomes);
	if (w->outcomes != NULL)
		outcomes_add(w->outcomes, r->user_key, until_ns);
}

static void
on_checked(void *arg, bool right)
{
	struct req *r = arg;

	r->check = NULL;
	r->who = right ? WHO_KNOWN : WHO_WRONG;
	counter_add(right ? COUNTER_PASSWORDS_RIGHT : COUNTER_PASSWORDS_WRONG, 1);
	if (right)
		remember(r);
	pause_end(&r->pause);
	loop_defer(r->worker->loop, &r->wake);
}

static enum who
check(struct req *r, const struct password_question *q)
{
	struct worker *w = r->worker;

	r->user_key = passwords_key(w->node->passwords, q);
	if (q->known && w->outcomes != NULL && outcomes_has(w->outcomes, r->user_key, r->now.mono_ns))
		return WHO_KNOWN;
	r->pause = pause_begin(w->loop, r, r->conf->timeouts.password);
	if (r->pause != NULL)
		r->check = passwords_begin(w->node->passwords, w->loop, q, on_checked, r);
	if (r->check != NULL)
		return WHO_WAITS;
	pause_end(&r->pause);
	return WHO_UNCHECKED;
}

static enum who
identify(struct req *r)
{
	const struct conf_authentication *c = &r->conf->authentication;
	struct password_question q = { .client = req_client(r) };
	const struct conf_user *user;
	struct credentials given;
	enum who who;

	switch (credentials_read(&r->head, &given)) {
	case CREDENTIALS_NONE:
		return WHO_NOBODY;
	case CREDENTIALS_BAD:
		return WHO_WRONG;
	case CREDENTIALS_FINE:
		break;
	}
	user = find_user(c, given.user);
	q.known = user != NULL;
	q.user = r->user = arena_str(r->arena, given.user);
	q.password = given.password;
	q.hash = user != NULL ? user->hash : c->users[0].hash;
	who = arena_failed(r->arena) ? WHO_UNCHECKED : check(r, &q);
	explicit_bzero(&given, sizeof given);
	return who;
}

bool
req_identify(struct req *r)
{
	if (r->who == WHO_UNASKED)
		r->who = identify(r);
	if (r->who != WHO_WAITS)
		return true;
	if (!pause_is_over(r->pause))
		return false;
	pause_end(&r->pause);
	passwords_cancel(&r->check);
	r->who = WHO_UNCHECKED;
	return true;
}
