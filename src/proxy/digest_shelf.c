#include "proxy/digest_shelf.h"

#include <stdlib.h>

struct changes {
	struct list node;
	uint64_t to;
	char *bytes;
	size_t n;
};

/* ---- bodies ---- */

struct digest_body *
digest_body_new(size_t n)
{
	struct digest_body *b = calloc(1, sizeof *b + n);

	if (b == NULL)
		return NULL;
	atomic_init(&b->refs, 1);
	b->n = n;
	return b;
}

static struct digest_body *
hold(struct digest_body *b)
{
	if (b != NULL)
		atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
	return b;
}

void
digest_body_unref(struct digest_body **bp)
{
	struct digest_body *b = *bp;

	*bp = NULL;
	if (b != NULL && atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) == 1)
		free(b);
}

/* ---- changes ---- */

static void
forget_oldest(struct digest_shelf *s)
{
	struct changes *c = LIST_OF(list_pop(&s->changes), struct changes, node);

	s->changes_n -= c->n;
	free(c->bytes);
	free(c);
}

static void
forget_changes(struct digest_shelf *s)
{
	while (!list_empty(&s->changes))
		forget_oldest(s);
}

/* Those that lead to the next generation; all of them together stay below the size of the filter. */
static void
remember(struct digest_shelf *s, char *bytes, size_t n)
{
	struct changes *c = malloc(sizeof *c);

	if (c == NULL) {
		free(bytes);
		forget_changes(s);
		return;
	}
	*c = (struct changes){ .to = s->head.to, .bytes = bytes, .n = n };
	list_add_tail(&s->changes, &c->node);
	s->changes_n += n;
	while (s->changes_n > s->cairn->n)
		forget_oldest(s);
}

static bool
same(const struct digest_body *a, const struct digest_body *b)
{
	return a->n == b->n && memcmp(a->bytes, b->bytes, a->n) == 0;
}

/* Worked out before the lock is taken: only the thread that makes digests changes what is here. */
static void
next_generation(struct digest_shelf *s, struct digest_body *old, struct digest_body *filter, uint32_t again_ms)
{
	bool differs = !same(old, filter), told;
	char *bytes = NULL;
	size_t n = 0;

	told = differs && digest_cairn_changes(old->bytes, filter->bytes, filter->n, filter->n, &bytes, &n);
	pthread_mutex_lock(&s->lock);
	s->cairn = filter;
	s->head.to += differs;
	s->head.again_ms = again_ms;
	if (told)
		remember(s, bytes, n);
	else if (differs)
		forget_changes(s);
	pthread_mutex_unlock(&s->lock);
}

/* ---- the shelf ---- */

void
digest_shelf_init(struct digest_shelf *s)
{
	*s = (struct digest_shelf){ .squid = NULL };
	pthread_mutex_init(&s->lock, NULL);
	list_init(&s->changes);
}

void
digest_shelf_fini(struct digest_shelf *s)
{
	forget_changes(s);
	digest_body_unref(&s->squid);
	digest_body_unref(&s->cairn);
	pthread_mutex_destroy(&s->lock);
}

void
digest_shelf_squid(struct digest_shelf *s, struct digest_body *b)
{
	struct digest_body *old;

	pthread_mutex_lock(&s->lock);
	old = s->squid;
	s->squid = b;
	pthread_mutex_unlock(&s->lock);
	digest_body_unref(&old);
}

static void
begin_epoch(struct digest_shelf *s, struct digest_body *filter, const struct digest_cairn *head)
{
	pthread_mutex_lock(&s->lock);
	forget_changes(s);
	s->cairn = filter;
	if (filter != NULL)
		s->head = *head;
	s->head.to = 1;
	pthread_mutex_unlock(&s->lock);
}

void
digest_shelf_cairn(struct digest_shelf *s, struct digest_body *filter, const struct digest_cairn *head)
{
	struct digest_body *old = s->cairn;

	if (filter == NULL || old == NULL || head->epoch != s->head.epoch || old->n != filter->n)
		begin_epoch(s, filter, head);
	else
		next_generation(s, old, filter, head->again_ms);
	digest_body_unref(&old);
}

struct digest_body *
digest_shelf_hold_squid(struct digest_shelf *s)
{
	struct digest_body *b;

	pthread_mutex_lock(&s->lock);
	b = hold(s->squid);
	pthread_mutex_unlock(&s->lock);
	return b;
}

/* Are all changes since then here? */
static bool
reaches_back(const struct digest_shelf *s, uint64_t since)
{
	const struct changes *oldest = LIST_OF(s->changes.next, struct changes, node);

	if (since == s->head.to)
		return true;
	return since < s->head.to && !list_empty(&s->changes) && oldest->to <= since + 1;
}

static struct digest_body *
gather(const struct digest_shelf *s, uint64_t since)
{
	struct digest_body *b = digest_body_new(s->changes_n);
	size_t n = 0;

	if (b == NULL)
		return NULL;
	LIST_EACH(it, &s->changes) {
		const struct changes *c = LIST_OF(it, struct changes, node);

		if (c->to <= since)
			continue;
		memcpy(b->bytes + n, c->bytes, c->n);
		n += c->n;
	}
	b->n = n;
	return b;
}

static struct digest_body *
fitting(struct digest_shelf *s, uint64_t epoch, uint64_t since, struct digest_cairn *head)
{
	struct digest_body *b = NULL;

	*head = s->head;
	head->bits = (uint64_t)s->cairn->n * 8;
	head->entries = s->cairn->entries;
	if (since != 0 && epoch == s->head.epoch && reaches_back(s, since))
		b = gather(s, since);
	head->kind = b == NULL ? DIGEST_CAIRN_WHOLE : DIGEST_CAIRN_CHANGES;
	head->from = b == NULL ? 0 : since;
	return b == NULL ? hold(s->cairn) : b;
}

struct digest_body *
digest_shelf_hold_cairn(struct digest_shelf *s, uint64_t epoch, uint64_t since, struct now now,
			struct digest_cairn *head)
{
	struct digest_body *b = NULL;

	pthread_mutex_lock(&s->lock);
	s->asked_ns = now.mono_ns;
	if (s->cairn != NULL) {
		int64_t age_ns = now.mono_ns - s->cairn->made.mono_ns;

		b = fitting(s, epoch, since, head);
		head->age_ms = age_ns < 0 ? 0 : (uint64_t)(age_ns / NS_PER_MS);
	}
	pthread_mutex_unlock(&s->lock);
	return b;
}

static void
describe(const struct digest_body *b, struct digest_shelf_state *out)
{
	*out = (struct digest_shelf_state){ 0 };
	if (b != NULL)
		*out = (struct digest_shelf_state){ b->n, b->entries, b->set, b->made.mono_ns, b->took_ns };
}

void
digest_shelf_state(struct digest_shelf *s, struct digest_shelf_state *squid, struct digest_shelf_state *cairn)
{
	pthread_mutex_lock(&s->lock);
	describe(s->squid, squid);
	describe(s->cairn, cairn);
	pthread_mutex_unlock(&s->lock);
}

bool
digest_shelf_is_asked(struct digest_shelf *s, int64_t since_ns)
{
	bool asked;

	pthread_mutex_lock(&s->lock);
	asked = s->asked_ns != 0 && s->asked_ns >= since_ns;
	pthread_mutex_unlock(&s->lock);
	return asked;
}
