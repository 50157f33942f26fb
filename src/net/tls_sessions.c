#include "net/tls_impl.h"

#include <openssl/err.h>
#include <stdlib.h>

#define PLACES_MAX  256
#define TICKETS_MAX 4

struct place {
	struct list node;
	SSL_SESSION *tickets[TICKETS_MAX]; /* the latest last */
	unsigned count;
	size_t n;
	char text[];
};

void
tls_sessions_init(struct tls_sessions *s)
{
	pthread_mutex_init(&s->lock, NULL);
	list_init(&s->places);
	s->count = 0;
}

static void
forget_oldest(struct place *p)
{
	SSL_SESSION_free(p->tickets[0]);
	p->count--;
	memmove(p->tickets, p->tickets + 1, p->count * sizeof p->tickets[0]);
}

static void
forget(struct tls_sessions *s, struct place *p)
{
	while (p->count > 0)
		forget_oldest(p);
	list_del(&p->node);
	s->count--;
	free(p);
}

void
tls_sessions_fini(struct tls_sessions *s)
{
	LIST_EACH_SAFE(it, &s->places)
		forget(s, LIST_OF(it, struct place, node));
	pthread_mutex_destroy(&s->lock);
}

static struct place *
find(struct tls_sessions *s, struct str text)
{
	LIST_EACH(it, &s->places) {
		struct place *p = LIST_OF(it, struct place, node);

		if (!str_eq(str_of(p->text, p->n), text))
			continue;
		list_del(&p->node);
		list_add_head(&s->places, &p->node);
		return p;
	}
	return NULL;
}

static struct place *
make(struct tls_sessions *s, struct str text)
{
	struct place *p = malloc(sizeof *p + text.n);

	if (p == NULL)
		return NULL;
	p->count = 0;
	p->n = text.n;
	str_put(p->text, text);
	list_add_head(&s->places, &p->node);
	if (++s->count > PLACES_MAX)
		forget(s, LIST_OF(s->places.prev, struct place, node));
	return p;
}

static bool
is_for_once(const SSL_SESSION *session)
{
	return SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION;
}

/* A server of TLS 1.3 gives several tickets at a time; before, there is one session, and the latest counts. */
static void
add(struct place *p, SSL_SESSION *session)
{
	while (p->count == TICKETS_MAX || (p->count > 0 && !is_for_once(session)))
		forget_oldest(p);
	p->tickets[p->count++] = session;
}

void
tls_sessions_put(struct tls_sessions *s, struct str place, SSL_SESSION *theirs)
{
	SSL_SESSION *session = SSL_SESSION_dup(theirs);
	struct place *p;

	if (session == NULL) {
		ERR_clear_error(); /* it is no failure of the connection's */
		return;
	}
	pthread_mutex_lock(&s->lock);
	p = find(s, place);
	if (p == NULL)
		p = make(s, place);
	if (p != NULL)
		add(p, session);
	pthread_mutex_unlock(&s->lock);
	if (p == NULL)
		SSL_SESSION_free(session);
}

SSL_SESSION *
tls_sessions_take(struct tls_sessions *s, struct str place)
{
	SSL_SESSION *session = NULL;
	struct place *p;

	pthread_mutex_lock(&s->lock);
	p = find(s, place);
	if (p != NULL && p->count > 0) {
		session = p->tickets[p->count - 1];
		if (is_for_once(session))
			p->count--;
		else
			session = SSL_SESSION_dup(session);
	}
	pthread_mutex_unlock(&s->lock);
	return session;
}

void
tls_sessions_forget(struct tls_sessions *s, struct str place)
{
	struct place *p;

	pthread_mutex_lock(&s->lock);
	p = find(s, place);
	if (p != NULL)
		forget(s, p);
	pthread_mutex_unlock(&s->lock);
}
