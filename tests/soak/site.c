#include "site.h"

#include <string.h>

#include "count.h"

#define LATELY  20000 /* exchanges */
#define HANGING UINT64_MAX
#define LARGE   200000

static uint64_t state;
static uint32_t versions[SITE_URLS], floors[SITE_URLS];
static uint64_t cuts[SITE_URLS]; /* by which exchange; 0: never */

static uint64_t
mix(uint64_t z)
{
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* The other way round. */
static uint64_t
unmix(uint64_t z)
{
	z = (z ^ z >> 31 ^ z >> 62) * UINT64_C(0x319642b2d24d8ec3);
	z = (z ^ z >> 27 ^ z >> 54) * UINT64_C(0x96de1b173f119089);
	return z ^ z >> 30 ^ z >> 60;
}

void
site_seed(uint64_t seed)
{
	state = seed;
}

uint64_t
site_random(void)
{
	return mix(state += UINT64_C(0x9e3779b97f4a7c15));
}

unsigned
site_below(unsigned n)
{
	return (unsigned)((site_random() >> 32) % n);
}

bool
site_permille(unsigned p)
{
	return site_below(1000) < p;
}

uint32_t
site_pick(void)
{
	double x = (double)site_below(1000000) / 1000000;

	return (uint32_t)(x * x * x * SITE_URLS);
}

uint32_t
site_pick_large(void)
{
	uint32_t url;

	do
		url = site_below(SITE_URLS);
	while (site_length((struct rep){ .url = url }) < LARGE);
	return url;
}

void
site_traits(uint32_t url, struct traits *out)
{
	static const int ages[] = { -1, 0, 1, 2, 5, 30, 300, 3600 };
	uint64_t h = mix(url + 77);

	*out = (struct traits){
		.private = h % 100 < 4,
		.no_store = h % 100 >= 4 && h % 100 < 7,
		.etag = (h >> 8) % 100 < 70,
		.weak = (h >> 16) % 100 < 20,
		.modified = (h >> 24) % 100 < 60,
		.max_age = ages[(h >> 32) % 8],
		.swr = (h >> 40) % 100 < 20 ? 2 : 0,
		.sie = (h >> 48) % 100 < 20 ? 60 : 0,
	};
}

uint32_t
site_version(uint32_t url)
{
	return versions[url];
}

void
site_change(uint32_t url)
{
	versions[url]++;
}

uint32_t
site_floor(uint32_t url)
{
	return floors[url];
}

void
site_raise(uint32_t url, uint32_t version)
{
	if (floors[url] < version)
		floors[url] = version;
}

void
site_raise_all(void)
{
	memcpy(floors, versions, sizeof floors);
}

void
site_note_cut(uint32_t url)
{
	cuts[url] = counts[COUNT_ASKED];
}

void
site_note_hanging(uint32_t url)
{
	cuts[url] = HANGING;
}

bool
site_was_cut(uint32_t url)
{
	return cuts[url] == HANGING || (cuts[url] > 0 && cuts[url] + LATELY > counts[COUNT_ASKED]);
}

static uint64_t
name_of(struct rep r)
{
	return mix(r.url + mix(r.version + mix(r.user)));
}

/* Mostly small; now and then more than a slot holds, seldom more than a store of 64 MiB takes. */
uint64_t
site_length(struct rep r)
{
	uint64_t h = name_of(r), size = mix(r.url + 5) % 10000;

	if (size < 2)
		return 9000000 + h % 3000000;
	if (size < 40)
		return LARGE + h % 800000;
	if (size < 900)
		return 20000 + h % 40000;
	if (size < 3500)
		return 2000 + h % 18000;
	return size % 50 == 0 ? 0 : 100 + h % 1900;
}

void
site_fill(struct rep r, uint64_t at, char *out, size_t n)
{
	uint64_t name = name_of(r);

	while (n > 0) {
		uint64_t word = mix(name + at / 8);
		size_t skip = at % 8, take = 8 - skip < n ? 8 - skip : n;

		memcpy(out, (char *)&word + skip, take);
		out += take;
		at += take;
		n -= take;
	}
}

size_t
site_equals(struct rep r, uint64_t at, const char *p, size_t n)
{
	char want[4096];
	size_t done = 0;

	while (done < n) {
		size_t take = n - done < sizeof want ? n - done : sizeof want;

		site_fill(r, at + done, want, take);
		for (size_t i = 0; i < take; i++)
			if (want[i] != p[done + i])
				return done + i;
		done += take;
	}
	return n;
}

/* Where in the body of `r` that word stands; UINT64_MAX: nowhere. */
static uint64_t
find_word(struct rep r, uint64_t word)
{
	uint64_t at = (unmix(word) - name_of(r)) * 8;

	return at < site_length(r) ? at : UINT64_MAX;
}

static bool
find_version(uint32_t url, uint64_t word, struct rep *r, uint64_t *at)
{
	for (uint32_t version = 0; version <= versions[url]; version++)
		for (uint32_t user = 0; user <= SITE_USERS; user++) {
			*r = (struct rep){ url, version, user };
			*at = find_word(*r, word);
			if (*at != UINT64_MAX)
				return true;
		}
	return false;
}

bool
site_whose(const char *p, size_t n, struct rep *r, uint64_t *at)
{
	for (size_t skip = 0; skip < 8 && skip + 8 <= n; skip++) {
		uint64_t word;

		memcpy(&word, p + skip, 8);
		for (uint32_t url = 0; url < SITE_URLS; url++)
			if (find_version(url, word, r, at)) {
				*at -= skip;
				return true;
			}
	}
	return false;
}
