/* Cloudflare: CF-Cache-Status, and CF-Ray, whose end is the airport of the data centre. What hosts that are behind it
 * put in place of that has the same words. */
#include "trail/dialect_impl.h"

static const struct word words[] = {
	WORD("HIT", HIT, HIT, ""),
	WORD("MISS", MISS, MISS, ""),
	WORD("DYNAMIC", UNKNOWN, BYPASS, "It is of a kind that Cloudflare does not look up unless it is told to."),
	WORD("EXPIRED", STALE, MISS, "Its copy was no longer fresh, and the origin sent a new response."),
	WORD("REVALIDATED", STALE, REVALIDATED,
	     "Its copy was no longer fresh; the origin was asked, and said that it still holds."),
	WORD("STALE", STALE, STALE,
	     "Its copy was no longer fresh and was served all the same: the origin could not be asked, or is being "
	     "asked behind it."),
	WORD("UPDATING", STALE, STALE,
	     "Its copy was no longer fresh and was served while another request fetches a new one."),
	WORD("BYPASS", UNKNOWN, BYPASS,
	     "Cloudflare would store it, but the origin's Cache-Control or Set-Cookie, or a rule, says no."),
	WORD("IGNORED", UNKNOWN, BYPASS, "It was not looked up."),
	WORD("NONE/UNKNOWN", UNKNOWN, UNKNOWN,
	     "Cloudflare made the response up itself: a Worker, a redirection, or its firewall."),
	WORD("NONE", UNKNOWN, UNKNOWN,
	     "Cloudflare made the response up itself: a Worker, a redirection, or its firewall."),
	WORD("UNKNOWN", UNKNOWN, UNKNOWN,
	     "Cloudflare made the response up itself: a Worker, a redirection, or its firewall."),
};
const struct words words_cloudflare = WORDS(words);

/* "a25a9ff30d2a3561-MIA" */
static struct str
place_of(struct str ray)
{
	ptrdiff_t dash = str_rchr(ray, '-');

	return dash < 0 || ray.n - (size_t)dash - 1 != 3 ? STR_NONE : str_skip(ray, (size_t)dash + 1);
}

void
read_cloudflare(struct reading *r)
{
	static const uint8_t fields[] = { TOLD_CF_CACHE_STATUS, TOLD_KI_CF_CACHE_STATUS, TOLD_X_HS_CF_CACHE_STATUS };
	struct str ray = told_value(r, TOLD_CF_RAY);
	struct found *f = found_add(r, VENDOR_CLOUDFLARE);

	f->tier.node = f->tier.place = place_of(ray);
	for (size_t i = 0; i < sizeof fields; i++) {
		struct str value = told_value(r, (enum told)fields[i]);

		if (value.n == 0)
			continue;
		found_says(f, words_find(&words_cloudflare, value));
		found_shows(r, f, (enum told)fields[i], value);
	}
	if (ray.n > 0)
		found_shows(r, f, TOLD_CF_RAY, ray);
}
