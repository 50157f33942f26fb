/* Fields that the customer of a CDN gives a name to: Google's variables, and Akamai's "Hit from child". */
#include "trail/dialect_impl.h"

/* No field of ours, with the word somewhere in its name. */
static bool
names_cache(const struct reading *r, uint32_t i)
{
	struct str name = field_name(&r->response->fields[i]);

	for (size_t at = 0; r->kinds[i] == TOLD_NOTHING && at + 5 <= name.n; at++)
		if (str_istarts(str_skip(name, at), STR("cache")))
			return true;
	return false;
}

static const struct word google[] = {
	WORD("hit", HIT, HIT, ""),
	WORD("miss", MISS, MISS, ""),
	WORD("revalidated", STALE, REVALIDATED, ""),
	WORD("stale", STALE, STALE, ""),
	WORD("uncacheable", UNKNOWN, BYPASS, ""),
	WORD("disabled", UNKNOWN, BYPASS, ""),
};
static const struct words words_google = WORDS(google);

static bool
is_of_google(struct str value)
{
	return words_find(&words_google, value) != NULL;
}

static bool
is_of_akamai(struct str value)
{
	struct item it = item_of(before_char(value, ','));

	return str_ieq(it.host, STR("child")) && word_of(VENDOR_AKAMAI, it.word) != NULL;
}

/* The first field of a name that tells of a cache, and a value that is one of the maker's. */
static void
read_named(struct reading *r, bool (*is_his)(struct str value))
{
	struct run run = { ORDER_OWN, false, NULL };

	for (uint32_t i = 0; i < r->response->count; i++) {
		struct str rest = field_value(&r->response->fields[i]), part;

		if (!is_his(rest) || !names_cache(r, i))
			continue;
		while (part_next(&rest, &part)) {
			struct found *f = read_status_part(r, part);

			if (f == NULL)
				continue;
			found_shows_field(r, f, &r->response->fields[i], part);
			found_follow(&run, f);
		}
		return;
	}
}

/* "FRA-3fa7": an airport, and a number. */
static bool
is_id_of_google(struct str s)
{
	bool is = s.n > 4 && s.p[3] == '-';

	for (size_t i = 0; i < 3 && is; i++)
		is = s.p[i] >= 'A' && s.p[i] <= 'Z';
	for (size_t i = 4; i < s.n && is; i++)
		is = ascii_digit(s.p[i]) || (s.p[i] >= 'a' && s.p[i] <= 'f');
	return is;
}

static const struct field *
id_of_google(const struct reading *r)
{
	for (uint32_t i = 0; i < r->response->count; i++)
		if (names_cache(r, i) && is_id_of_google(field_value(&r->response->fields[i])))
			return &r->response->fields[i];
	return NULL;
}

void
read_google(struct reading *r)
{
	const struct field *id = id_of_google(r);
	struct found *f;

	if (told(r, TOLD_CDN_CACHE_STATUS))
		read_status_field(r, TOLD_CDN_CACHE_STATUS);
	if (found_first(r, VENDOR_GOOGLE_CLOUD_CDN) == NULL)
		read_named(r, is_of_google);
	f = found_first(r, VENDOR_GOOGLE_CLOUD_CDN);
	if (f == NULL || id == NULL)
		return;
	f->tier.node = field_value(id);
	f->tier.place = str_head(f->tier.node, 3);
	found_shows_field(r, f, id, f->tier.node);
}

void
read_customer_named(struct reading *r)
{
	if (found_first(r, VENDOR_AKAMAI) == NULL)
		read_named(r, is_of_akamai);
}
