#include "proxy/passwords.h"

#include <crypt.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/must.h"
#include "base/strbuf.h"
#include "proxy/outcomes.h"

#define NICE         10
#define REMEMBER_NS  (INT64_C(3600) * NS_PER_S)
#define BCRYPT_WORST 16 /* 2^16 rounds: some seconds */

/* WAITING (on the queue) -> RUNNING -> DONE (its mail is posted); who cancels takes it off the queue, or leaves it to
 * whoever has it. */
enum check_state { CHECK_WAITING, CHECK_RUNNING, CHECK_DONE };

struct password_check {
	struct passwords *owner;
	struct loop *loop;
	password_fn *fn;
	void *arg;
	struct list node; /* of the queue, or of those done */
	struct mail done;
	enum check_state state; /* under the lock, like the two below */
	bool cancelled;
	bool right;
	bool known;
	union addr client;
	struct hash128 key;
	char password[PASSWORD_MAX + 1];
	char hash[];
};

struct passwords {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	bool started, stopping;
	struct list queue, done;
	unsigned waiting;
	struct hash_secret secret;
	/* The thread's own. */
	struct crypt_data data;
	struct outcomes right, wrong;
};

/* --- the thread --- */

static void
free_check(struct password_check *c)
{
	list_del(&c->node);
	explicit_bzero(c->password, sizeof c->password);
	free(c);
}

static bool
same_text(const char *a, const char *b)
{
	size_t n = strlen(a);
	unsigned diff = 0;

	if (strlen(b) != n)
		return false;
	for (size_t i = 0; i < n; i++)
		diff |= (unsigned char)a[i] ^ (unsigned char)b[i];
	return diff == 0;
}

/* One that was answered a moment ago, as a browser's several connections ask it, is not worked out again. */
static bool
work_out(struct passwords *p, struct password_check *c)
{
	int64_t now = clock_now().mono_ns;
	const char *hash;
	bool right;

	if (outcomes_has(&p->right, c->key, now))
		return true;
	if (outcomes_has(&p->wrong, c->key, now))
		return false;
	hash = crypt_r(c->password, c->hash, &p->data);
	right = hash != NULL && c->known && same_text(hash, c->hash);
	outcomes_add(right ? &p->right : &p->wrong, c->key, now + REMEMBER_NS);
	explicit_bzero(&p->data, sizeof p->data);
	return right;
}

static void
settle(struct passwords *p, struct password_check *c, bool right)
{
	pthread_mutex_lock(&p->lock);
	c->right = right;
	c->state = CHECK_DONE;
	if (c->cancelled) {
		free_check(c);
	} else {
		list_add_tail(&p->done, &c->node);
		loop_post(c->loop, &c->done);
	}
	pthread_mutex_unlock(&p->lock);
}

/* The next one, or NULL at the end. */
static struct password_check *
next_check(struct passwords *p)
{
	struct password_check *c = NULL;

	pthread_mutex_lock(&p->lock);
	while (!p->stopping && list_empty(&p->queue))
		pthread_cond_wait(&p->wake, &p->lock);
	if (!p->stopping) {
		c = LIST_OF(list_pop(&p->queue), struct password_check, node);
		c->state = CHECK_RUNNING;
		p->waiting--;
	}
	pthread_mutex_unlock(&p->lock);
	return c;
}

static void *
serve(void *arg)
{
	struct passwords *p = arg;
	struct password_check *c;

	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE); /* a thread of its own to Linux; a refusal is no harm */
	while ((c = next_check(p)) != NULL)
		settle(p, c, work_out(p, c));
	return NULL;
}

/* Under the lock. */
static bool
start(struct passwords *p)
{
	sigset_t all, before;

	if (p->started || p->stopping)
		return p->started;
	sigfillset(&all); /* signals are the main thread's */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	p->started = pthread_create(&p->thread, NULL, serve, p) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return p->started;
}

/* --- birth and death --- */

struct passwords *
passwords_new(void)
{
	struct passwords *p = calloc(1, sizeof *p);

	if (p == NULL || hash_secret_random(&p->secret) != 0) {
		free(p);
		return NULL;
	}
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->wake, NULL);
	list_init(&p->queue);
	list_init(&p->done);
	return p;
}

static void
free_all(struct list *l)
{
	while (!list_empty(l))
		free_check(LIST_OF(l->next, struct password_check, node));
}

void
passwords_stop(struct passwords *p)
{
	pthread_mutex_lock(&p->lock);
	p->stopping = true;
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
	if (p->started)
		pthread_join(p->thread, NULL);
	p->started = false;
}

void
passwords_free(struct passwords **pp)
{
	struct passwords *p = *pp;

	if (p == NULL)
		return;
	*pp = NULL;
	passwords_stop(p);
	free_all(&p->queue);
	free_all(&p->done);
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->lock);
	explicit_bzero(&p->secret, sizeof p->secret);
	free(p);
}

/* --- the workers' side --- */

static void
on_done(struct mail *m)
{
	struct password_check *c = LIST_OF(m, struct password_check, done);
	struct passwords *p = c->owner;
	bool cancelled, right = c->right;
	password_fn *fn = c->fn;
	void *arg = c->arg;

	pthread_mutex_lock(&p->lock);
	cancelled = c->cancelled;
	free_check(c);
	pthread_mutex_unlock(&p->lock);
	if (!cancelled)
		fn(arg, right);
}

/* Is it the same client, as far as one can tell? Whoever has one IPv6 address has 2^64 of them. */
static bool
same_client(const union addr *a, const union addr *b)
{
	if (a->sa.sa_family != b->sa.sa_family)
		return false;
	if (a->sa.sa_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&a->in6.sin6_addr))
		return memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, 8) == 0;
	if (a->sa.sa_family == AF_INET6)
		return memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, 16) == 0;
	return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
}

static bool
has_room(const struct passwords *p, const union addr *client)
{
	unsigned own = 0;

	LIST_EACH(it, &p->queue)
		own += same_client(&LIST_OF(it, struct password_check, node)->client, client);
	return p->waiting < PASSWORDS_WAITING_MAX && own < PASSWORDS_WAITING_CLIENT;
}

struct hash128
passwords_key(const struct passwords *p, const struct password_question *q)
{
	char text[3 * PASSWORD_MAX];
	struct strbuf b = strbuf_fixed(text, sizeof text);
	struct hash128 key;

	strbuf_printf(&b, "%d %zu %zu ", q->known, q->user.n, q->password.n);
	strbuf_add(&b, q->user);
	strbuf_add(&b, q->password);
	strbuf_add(&b, q->hash);
	MUST(!b.over); /* passwords_begin's bounds, and those of the file's lines */
	key = hash_keyed(&p->secret, strbuf_str(&b));
	explicit_bzero(text, sizeof text);
	return key;
}

static struct password_check *
new_check(struct passwords *p, const struct password_question *q)
{
	struct password_check *c = calloc(1, sizeof *c + q->hash.n + 1);

	if (c == NULL)
		return NULL;
	c->owner = p;
	c->known = q->known;
	c->client = *q->client;
	c->key = passwords_key(p, q);
	str_put(c->password, q->password);
	str_put(c->hash, q->hash);
	list_init(&c->node);
	mail_init(&c->done, on_done);
	return c;
}

struct password_check *
passwords_begin(struct passwords *p, struct loop *l, const struct password_question *q, password_fn *fn, void *arg)
{
	struct password_check *c = new_check(p, q);

	if (c == NULL)
		return NULL;
	c->loop = l;
	c->fn = fn;
	c->arg = arg;
	pthread_mutex_lock(&p->lock);
	if (!start(p) || !has_room(p, q->client)) {
		free_check(c);
		c = NULL;
	} else {
		list_add_tail(&p->queue, &c->node);
		p->waiting++;
		pthread_cond_signal(&p->wake);
	}
	pthread_mutex_unlock(&p->lock);
	return c;
}

void
passwords_cancel(struct password_check **cp)
{
	struct password_check *c = *cp;
	struct passwords *p;

	if (c == NULL)
		return;
	*cp = NULL;
	p = c->owner;
	pthread_mutex_lock(&p->lock);
	if (c->state == CHECK_WAITING) {
		p->waiting--;
		free_check(c);
	} else {
		c->cancelled = true;
	}
	pthread_mutex_unlock(&p->lock);
}

/* --- hashes --- */

static bool
is_bcrypt(struct str hash)
{
	return str_starts(hash, STR("$2b$")) || str_starts(hash, STR("$2y$"));
}

const char *
passwords_wrong_hash(struct str hash)
{
	char text[CRYPT_OUTPUT_SIZE];
	uint64_t cost;

	if (!is_bcrypt(hash) && !str_starts(hash, STR("$y$")))
		return "is too weak a hash, or none: make one with `mkpasswd -m yescrypt` or `htpasswd -B`";
	if (hash.n >= sizeof text)
		return "is longer than a hash can be";
	if (is_bcrypt(hash) && hash.n > 6 && str_u64(str_of(hash.p + 4, 2), &cost) && cost > BCRYPT_WORST)
		return "takes minutes to check: make one of lower cost, such as `htpasswd -B -C 10`";
	*str_put(text, hash) = '\0';
	if (crypt_checksalt(text) != CRYPT_SALT_OK || hash.n < 50)
		return "is damaged: make it again, with `mkpasswd -m yescrypt` or `htpasswd -B`";
	return NULL;
}
