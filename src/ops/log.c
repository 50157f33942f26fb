#include "ops/log.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/counter.h"
#include "base/must.h"
#include "ops/log_file.h"
#include "ops/log_ring.h"

#define LOG_MAGIC  0x6c6f6721u
#define RING_SIZE  ((size_t)1 << 20)
#define SLEEP_MS   50
#define LAST_WORDS (NS_PER_S) /* for a slow reader, at the end */
#define WAITS_MAX  16         /* slow readers that are waited for; others are asked again after a sleep */
#define BATCH      4096       /* records of one ring before it is the next one's turn */

/* The files of one configuration, all open. */
struct log_set {
	unsigned count;
	struct log_file files[];
};

/* A worker puts records into its ring and goes on; the thread looks into all rings twenty times a second, or when one
 * is half full, and writes lines. New files come as a whole set: the main thread opens them and hands the set over; who
 * takes it up closes the one before. */
struct log {
	unsigned magic;
	unsigned workers;
	pthread_t thread;
	int bell; /* eventfd */
	atomic_bool stopping;
	_Atomic(struct log_set *) next; /* handed over, and not taken up */
	struct log_set *newest;         /* the main thread's: handed over last */
	struct log_set *set;            /* the log's thread's */
	/* What each record looks at. */
	alignas(64) atomic_bool on; /* there is a file at all */
	atomic_bool rung;           /* the bell: once is enough */
	struct log_ring *rings[];
};

/* ---- files ---- */

static char complaint[512]; /* behind *why, until the next one */

static void
complain(const char **why, struct str file, int err)
{
	snprintf(complaint, sizeof complaint, "%.*s: %s", STR_FMT(file), strerror(-err));
	*why = complaint;
}

static struct log_set *
new_set(unsigned room)
{
	return calloc(1, sizeof(struct log_set) + room * sizeof(struct log_file));
}

static void
free_set(struct log_set **sp)
{
	struct log_set *s = *sp;

	*sp = NULL;
	for (unsigned i = 0; s != NULL && i < s->count; i++)
		log_file_close(&s->files[i]);
	free(s);
}

static const struct log_file *
find(const struct log_set *s, struct str path)
{
	for (unsigned i = 0; s != NULL && i < s->count; i++)
		if (str_eq(str_c(s->files[i].path), path))
			return &s->files[i];
	return NULL;
}

/* What is open already is shared: a node that has become another user by now could perhaps not open it. */
static int
open_one(struct log_set *s, const struct log_set *old, const struct conf_log *c)
{
	const struct log_file *open = find(old, c->file);
	struct log_file *f = &s->files[s->count];
	int err = open != NULL ? log_file_share(f, open, c->format) : log_file_open(f, c->file, c->format);

	s->count += err == 0;
	return err;
}

static struct log_set *
open_set(const struct conf *conf, const struct log_set *old, const char **why)
{
	struct log_set *s = new_set(conf->log_count);
	int err = 0;

	*why = "no memory for the logs";
	for (unsigned i = 0; s != NULL && i < conf->log_count && err == 0; i++) {
		if (str_eq(conf->logs[i].file, STR("off")))
			continue;
		err = open_one(s, old, &conf->logs[i]);
		if (err != 0)
			complain(why, conf->logs[i].file, err);
	}
	if (err != 0)
		free_set(&s);
	return s;
}

/* ---- the log's thread ---- */

/* What waits for a file goes on waiting for it, and is not torn: where it is not done, its rest stands in the new set.
 */
static void
take_up(struct log *l, struct log_set *s, int64_t mono_ns)
{
	for (unsigned i = 0; i < l->set->count; i++) {
		struct log_file *old = &l->set->files[i];

		log_file_flush(old, mono_ns);
		for (unsigned k = 0; k < s->count && old->from < old->to; k++)
			log_file_inherit(&s->files[k], old);
	}
	free_set(&l->set);
	l->set = s;
}

static void
add_line(struct log *l, const struct record *r, int64_t mono_ns)
{
	for (unsigned i = 0; i < l->set->count; i++)
		log_file_add(&l->set->files[i], r, mono_ns);
}

/* Is there more in it? */
static bool
drain(struct log *l, struct log_ring *ring, int64_t mono_ns)
{
	const struct record *r;

	for (unsigned i = 0; i < BATCH; i++) {
		r = log_ring_peek(ring);
		if (r == NULL)
			return false;
		add_line(l, r, mono_ns);
		log_ring_took(ring);
	}
	return true;
}

static void
flush(struct log *l, int64_t mono_ns)
{
	for (unsigned i = 0; i < l->set->count; i++)
		log_file_flush(&l->set->files[i], mono_ns);
}

/* What there is to do by now. Is there more? */
static bool
work(struct log *l)
{
	int64_t mono_ns = clock_now().mono_ns;
	bool more = false;
	struct log_set *s = atomic_exchange_explicit(&l->next, NULL, memory_order_acquire);

	if (s != NULL)
		take_up(l, s, mono_ns);
	atomic_store_explicit(&l->rung, false, memory_order_relaxed);
	for (unsigned i = 0; i < l->workers; i++)
		more |= drain(l, l->rings[i], mono_ns);
	flush(l, mono_ns);
	return more;
}

static bool
has_slow_reader(const struct log *l)
{
	bool waits = false;

	for (unsigned i = 0; i < l->set->count; i++)
		waits |= log_file_waits(&l->set->files[i]);
	return waits;
}

/* Until the bell rings, a slow reader can take more, or SLEEP_MS are over. */
static void
rest(struct log *l)
{
	struct pollfd wait[1 + WAITS_MAX] = { { .fd = l->bell, .events = POLLIN } };
	nfds_t n = 1;
	eventfd_t rings;

	for (unsigned i = 0; i < l->set->count && n <= WAITS_MAX; i++)
		if (log_file_waits(&l->set->files[i]))
			wait[n++] = (struct pollfd){ .fd = l->set->files[i].fd, .events = POLLOUT };
	poll(wait, n, SLEEP_MS);
	if (wait[0].revents != 0)
		eventfd_read(l->bell, &rings);
}

/* A slow reader is waited for, though not for ever. */
static void
finish(struct log *l)
{
	int64_t end = clock_now().mono_ns + LAST_WORDS;

	while (work(l) || (has_slow_reader(l) && clock_now().mono_ns < end))
		rest(l);
	free_set(&l->set);
}

static void *
run(void *arg)
{
	struct log *l = arg;

	counter_thread_begin();
	while (!atomic_load_explicit(&l->stopping, memory_order_acquire))
		if (!work(l))
			rest(l);
	finish(l);
	counter_thread_end();
	return NULL;
}

/* ---- the workers' side ---- */

/* Where it fails, the thread wakes by itself a little later. */
static void
ring_bell(struct log *l)
{
	if (!atomic_exchange_explicit(&l->rung, true, memory_order_relaxed))
		(void)!eventfd_write(l->bell, 1);
}

void
log_record(struct log *l, unsigned worker, const struct record *r)
{
	MUST_OBJ(l, LOG_MAGIC);
	if (!atomic_load_explicit(&l->on, memory_order_relaxed))
		return;
	switch (log_ring_put(l->rings[worker], r)) {
	case LOG_PUT_FULL:
		counter_add(COUNTER_LOG_DROPPED, 1);
		break;
	case LOG_PUT_FINE:
		break;
	case LOG_PUT_HURRY:
		if (!atomic_load_explicit(&l->rung, memory_order_relaxed))
			ring_bell(l);
	}
}

/* ---- the main thread's side ---- */

/* A set that was handed over before and not taken up has never been written to. */
static void
hand_over(struct log *l, struct log_set *s)
{
	struct log_set *before;

	atomic_store_explicit(&l->on, s->count > 0, memory_order_relaxed);
	before = atomic_exchange_explicit(&l->next, s, memory_order_acq_rel);
	l->newest = s;
	free_set(&before);
	ring_bell(l);
}

bool
log_reconf(struct log *l, const struct conf *conf, const char **why)
{
	struct log_set *s = open_set(conf, l->newest, why);

	MUST_OBJ(l, LOG_MAGIC);
	if (s != NULL)
		hand_over(l, s);
	return s != NULL;
}

/* The same files by their names. One that cannot be opened goes on as it is. */
static bool
open_again(struct log_set *s, const struct log_file *old)
{
	struct log_file *f = &s->files[s->count];
	int err = log_file_open(f, str_c(old->path), old->format);

	if (err != 0)
		fprintf(stderr, "cairn: log %s is not opened anew: %s\n", old->path, strerror(-err));
	if (err != 0)
		err = log_file_share(f, old, old->format);
	s->count += err == 0;
	return err == 0;
}

void
log_reopen(struct log *l)
{
	struct log_set *s = new_set(l->newest->count);
	bool fine = s != NULL;

	MUST_OBJ(l, LOG_MAGIC);
	for (unsigned i = 0; fine && i < l->newest->count; i++)
		fine = open_again(s, &l->newest->files[i]);
	if (fine)
		hand_over(l, s);
	else
		free_set(&s);
}

static bool
make_rings(struct log *l)
{
	for (unsigned i = 0; i < l->workers; i++) {
		l->rings[i] = log_ring_new(RING_SIZE);
		if (l->rings[i] == NULL)
			return false;
	}
	return true;
}

/* Signals are the main thread's; one of them, of a pipe whose reader is gone, is no news here but an error of write. */
static int
start(struct log *l)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&l->thread, NULL, run, l);
	if (err == 0)
		pthread_setname_np(l->thread, "cairn-log"); /* for who looks at what each thread costs */
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

static void
free_log(struct log *l)
{
	for (unsigned i = 0; i < l->workers; i++)
		log_ring_free(&l->rings[i]);
	if (l->bell >= 0)
		close(l->bell);
	free(l);
}

struct log *
log_new(const struct conf *conf, unsigned workers, const char **why)
{
	size_t size = sizeof(struct log) + workers * sizeof(struct log_ring *);
	struct log_set *s = open_set(conf, NULL, why);
	struct log *l;

	if (s == NULL)
		return NULL;
	*why = "no memory for the logs";
	l = aligned_alloc(alignof(struct log),
			  (size + alignof(struct log) - 1) / alignof(struct log) * alignof(struct log));
	if (l == NULL)
		goto fail;
	memset(l, 0, size);
	l->magic = LOG_MAGIC;
	l->workers = workers;
	l->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	l->set = l->newest = s;
	l->on = s->count > 0;
	if (l->bell >= 0 && make_rings(l) && start(l) == 0)
		return l;
	free_log(l);
fail:
	free_set(&s);
	return NULL;
}

void
log_free(struct log **lp)
{
	struct log *l = *lp;

	*lp = NULL;
	if (l == NULL)
		return;
	MUST_OBJ(l, LOG_MAGIC);
	atomic_store_explicit(&l->stopping, true, memory_order_release);
	(void)!eventfd_write(l->bell, 1);
	pthread_join(l->thread, NULL);
	free_log(l);
}
