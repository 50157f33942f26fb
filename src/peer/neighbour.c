#include "peer/neighbour.h"

#include "base/clock.h"

#define STANDING_MAX    1000
#define BROKEN_TAKES    4 /* one part in so many */
#define KEPT_GIVES      8
#define SECOND_CHANCE   500 /* the blame after a rest: two more broken promises make it rest again */
#define RESTS_NS        (30 * NS_PER_S)
#define DEAD_AFTER      10
#define DENIES_AFTER    20
#define KNOCK_DEAD_NS   (10 * NS_PER_S) /* as Squid's dead_peer_timeout */
#define KNOCK_DENIED_NS (300 * NS_PER_S)
#define RTT_PARTS       8 /* a sample counts for one part in so many of the mean */

static const struct str told_words[TOLD_COUNT] = {
#define TOLD(id, word, what) [TOLD_BY_##id] = STR_INIT(word),
#include "tbl/asking.def"
};

static const struct str reply_words[REPLY_COUNT] = {
#define REPLY(id, word, what) [REPLY_##id] = STR_INIT(word),
#include "tbl/asking.def"
};

struct str
told_word(enum told t)
{
	return told_words[t];
}

struct str
reply_word(enum neighbour_reply r)
{
	return reply_words[r];
}

/* ---- what is known ---- */

#define LOAD(at)     atomic_load_explicit(at, memory_order_relaxed)
#define STORE(at, v) atomic_store_explicit(at, v, memory_order_relaxed)
#define COUNT(at)    atomic_fetch_add_explicit(at, 1, memory_order_relaxed)

static bool
swap(_Atomic int64_t *at, int64_t old, int64_t new)
{
	return atomic_compare_exchange_strong_explicit(at, &old, new, memory_order_relaxed, memory_order_relaxed);
}

bool
neighbour_is_trusted(struct neighbour *n, int64_t mono_ns)
{
	int64_t until = LOAD(&n->rests_ns);

	if (until == 0)
		return true;
	if (until > mono_ns)
		return false;
	if (swap(&n->rests_ns, until, 0))
		STORE(&n->blame, SECOND_CHANCE);
	return true;
}

/* Whose turn is it to knock? */
static enum neighbour_may
knock(struct neighbour *n, int64_t mono_ns, int64_t pause_ns)
{
	int64_t next = LOAD(&n->knock_ns);

	return next <= mono_ns && swap(&n->knock_ns, next, mono_ns + pause_ns) ? NEIGHBOUR_KNOCK : NEIGHBOUR_SHUN;
}

enum neighbour_may
neighbour_may(struct neighbour *n, int64_t mono_ns)
{
	if (!neighbour_is_trusted(n, mono_ns))
		return NEIGHBOUR_SHUN;
	if (LOAD(&n->denied) >= DENIES_AFTER)
		return knock(n, mono_ns, KNOCK_DENIED_NS);
	if (LOAD(&n->silent) >= DEAD_AFTER)
		return knock(n, mono_ns, KNOCK_DEAD_NS);
	return NEIGHBOUR_ASK;
}

/* ---- answers ---- */

static void
learn_rtt(struct neighbour *n, int64_t rtt_ns)
{
	int64_t mean = LOAD(&n->rtt_ns);

	STORE(&n->rtt_ns, mean == 0 ? rtt_ns : mean + (rtt_ns - mean) / RTT_PARTS);
}

/* The knock that found it denying still, or dead, has set the time of the next. */
bool
neighbour_answered(struct neighbour *n, enum neighbour_reply r, bool late, int64_t rtt_ns)
{
	COUNT(&n->replies[r]);
	if (late)
		COUNT(&n->replies[REPLY_LATE]);
	learn_rtt(n, rtt_ns);
	STORE(&n->silent, 0);
	if (r == REPLY_DENIED)
		return COUNT(&n->denied) + 1 == DENIES_AFTER;
	STORE(&n->denied, 0);
	return false;
}

void
neighbour_silent(struct neighbour *n)
{
	COUNT(&n->replies[REPLY_TIMEOUT]);
	COUNT(&n->silent);
}

int64_t
neighbour_rtt(const struct neighbour *n)
{
	return LOAD(&n->rtt_ns);
}

/* ---- promises ---- */

void
neighbour_kept(struct neighbour *n, enum told by)
{
	unsigned blame = LOAD(&n->blame);

	COUNT(&n->kept[by]);
	if (blame > 0)
		STORE(&n->blame, blame - (blame + KEPT_GIVES - 1) / KEPT_GIVES);
}

void
neighbour_broke(struct neighbour *n, enum told by, int64_t mono_ns)
{
	unsigned blame = LOAD(&n->blame);

	COUNT(&n->broken[by]);
	blame += (STANDING_MAX - blame) / BROKEN_TAKES;
	STORE(&n->blame, blame);
	if (STANDING_MAX - blame < NEIGHBOUR_TRUSTED)
		STORE(&n->rests_ns, mono_ns + RESTS_NS);
}

unsigned
neighbour_standing(const struct neighbour *n)
{
	return STANDING_MAX - LOAD(&n->blame);
}

bool
neighbour_is_one(const struct neighbour *n)
{
	unsigned long long sum = LOAD(&n->queries);

	for (unsigned i = 0; i < TOLD_COUNT; i++)
		sum += LOAD(&n->kept[i]) + LOAD(&n->broken[i]);
	return sum > 0;
}
