/* Words that many makers share. What one maker means by a word of his own is in his dialect. */
#include "trail/dialect_impl.h"

static const struct word common[] = {
	WORD("HIT", HIT, HIT, ""),
	WORD("MISS", MISS, MISS, ""),
	WORD("EXPIRED", STALE, MISS, "Its copy was no longer fresh, and a new response was fetched."),
	WORD("STALE", STALE, STALE,
	     "Its copy was no longer fresh and was served all the same: upstream failed, or is being asked behind it."),
	WORD("UPDATING", STALE, STALE,
	     "Its copy was no longer fresh and was served while another request fetches a new one."),
	WORD("REVALIDATED", STALE, REVALIDATED, WHY_VALIDATED),
	WORD("BYPASS", UNKNOWN, BYPASS, "A rule, or the response, says to go past this cache."),
	WORD("PASS", UNKNOWN, BYPASS, "A rule, or the response, says to go past this cache."),
	WORD("DYNAMIC", UNKNOWN, BYPASS, "It is of a kind that this cache does not look up."),
	WORD("UNCACHEABLE", UNKNOWN, BYPASS, "It is of a kind that this cache does not store."),
	WORD("SKIP", UNKNOWN, BYPASS, "A rule says to go past this cache."),
	WORD("PIPE", UNKNOWN, BYPASS, "It was passed through as a tunnel."),
	WORD("HITPASS", UNKNOWN, BYPASS, "What is remembered of it is that it may not be stored."),
	WORD("HIT-FOR-PASS", UNKNOWN, BYPASS, "What is remembered of it is that it may not be stored."),
	WORD("HITMISS", MISS, MISS, "What is remembered of it is that it could not be stored last time."),
	WORD("HIT-FOR-MISS", MISS, MISS, "What is remembered of it is that it could not be stored last time."),
	WORD("HIT-FRESH", HIT, HIT, ""),
	WORD("HIT-STALE", STALE, STALE, WHY_STALE),
	WORD("HIT-GRACE", STALE, STALE, "Its copy was no longer fresh and was served within its time of grace."),
	WORD("GRACE", STALE, STALE, "Its copy was no longer fresh and was served within its time of grace."),
	WORD("REFRESH", STALE, REVALIDATED, WHY_VALIDATED),
	WORD("REFRESHHIT", STALE, REVALIDATED, WHY_VALIDATED),
	WORD("REFRESH_HIT", STALE, REVALIDATED, WHY_VALIDATED),
	WORD("VALIDATE", STALE, REVALIDATED, WHY_VALIDATED),
	WORD("REVALIDATE", STALE, REVALIDATED, WHY_VALIDATED),
	WORD("MSS", MISS, MISS, ""),
	WORD("ERROR", UNKNOWN, ERROR, "It answered with an error."),
	WORD("SYNTH", UNKNOWN, UNKNOWN, WHY_OWN),
	WORD("NONE", UNKNOWN, UNKNOWN, "No lookup was made."),
	WORD("UNKNOWN", UNKNOWN, UNKNOWN, ""),
	WORD("DISABLED", UNKNOWN, BYPASS, "Caching is turned off for it."),
};

const struct words words_common = WORDS(common);

static const struct word tcp[] = {
	WORD("TCP_HIT", HIT, HIT, ""),
	WORD("TCP_MISS", MISS, MISS, ""),
	WORD("TCP_MEM_HIT", HIT, HIT, "Its copy was in memory."),
	WORD("TCP_DISK_HIT", HIT, HIT, "Its copy was on disk."),
	WORD("TCP_REFRESH_HIT", STALE, REVALIDATED, WHY_VALIDATED),
	WORD("TCP_REFRESH_UNMODIFIED", STALE, REVALIDATED, WHY_VALIDATED),
	WORD("TCP_REVALIDATED_HIT", STALE, REVALIDATED, WHY_VALIDATED),
	WORD("TCP_EXPIRED_HIT", STALE, REVALIDATED, WHY_VALIDATED),
	WORD("TCP_REFRESH_MISS", STALE, MISS, WHY_REPLACED),
	WORD("TCP_REFRESH_MODIFIED", STALE, MISS, WHY_REPLACED),
	WORD("TCP_EXPIRED_MISS", STALE, MISS, WHY_REPLACED),
	WORD("TCP_REFRESH_FAIL_HIT", STALE, STALE, WHY_FAILED),
	WORD("TCP_REF_FAIL_HIT", STALE, STALE, WHY_FAILED),
	WORD("TCP_REFRESH_FAIL_OLD", STALE, STALE, WHY_FAILED),
	WORD("TCP_REFRESH_FAIL_ERR", STALE, ERROR,
	     "Its copy was no longer fresh; upstream was asked and failed, and the error was passed on."),
	WORD("TCP_STALE_HIT", STALE, STALE, WHY_STALE),
	WORD("TCP_IMS_HIT", HIT, HIT, "The client's condition was answered from its copy."),
	WORD("TCP_INM_HIT", HIT, HIT, "The client's condition was answered from its copy."),
	WORD("TCP_NEGATIVE_HIT", HIT, HIT, WHY_KEPT_ERROR),
	WORD("TCP_OFFLINE_HIT", HIT, HIT, "It is set to work offline, and served what it had."),
	WORD("TCP_PARTIAL_HIT", HIT, HIT, "It had the part that was asked for."),
	WORD("TCP_CLIENT_REFRESH", HIT, MISS, "The client asked to reload."),
	WORD("TCP_CLIENT_REFRESH_MISS", HIT, MISS, "The client asked to reload."),
	WORD("TCP_SWAPFAIL", HIT, MISS, "Its copy could not be read."),
	WORD("TCP_SWAPFAIL_MISS", HIT, MISS, "Its copy could not be read."),
	WORD("TCP_DENIED", UNKNOWN, ERROR, "It refused the request."),
	WORD("TCP_DENIED_REPLY", UNKNOWN, ERROR, "It refused to pass on the response."),
	WORD("TCP_COOKIE_DENY", UNKNOWN, ERROR, "It refused the request because of its cookie."),
	WORD("TCP_BYPASS", UNKNOWN, BYPASS, "A rule, or the response, says to go past this cache."),
	WORD("TCP_UNCACHEABLE", UNKNOWN, BYPASS, "It is of a kind that this cache does not store."),
	WORD("TCP_TUNNEL", UNKNOWN, BYPASS, "It was passed through as a tunnel."),
	WORD("TCP_REDIRECT", UNKNOWN, UNKNOWN, WHY_REDIRECT),
};

const struct words words_tcp = WORDS(tcp);

const struct word *
words_find(const struct words *v, struct str text)
{
	for (size_t i = 0; i < v->n; i++)
		if (str_ieq(v->rows[i].word, text))
			return &v->rows[i];
	return NULL;
}
