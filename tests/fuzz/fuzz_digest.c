/* Digests as they come from neighbours, in both forms. */
#include "fuzz.h"
#include "peer/digest_cairn.h"
#include "peer/digest_squid.h"

/* What was taken is written again with the same numbers. */
static void
check_squid(struct str in)
{
	struct digest_squid d, again;
	unsigned char *copy;
	struct str mask;

	if (digest_squid_read(in, &d, &mask) != NULL)
		return;
	MUST(fuzz_within(mask, in) && mask.n == d.mask_size && d.mask_size > 0);
	MUST(digest_bits_set(mask) * 100 <= mask.n * 8 * 65);
	copy = malloc(in.n);
	MUST(copy != NULL);
	memcpy(copy, in.p, in.n);
	digest_squid_write(&d, copy);
	MUST(digest_squid_read(str_of((char *)copy, in.n), &again, &mask) == NULL);
	MUST(again.capacity == d.capacity && again.count == d.count && again.entry_bits == d.entry_bits);
	free(copy);
}

/* No change lies outside the filter, and their number is no more than their bytes. */
static void
check_changes(const struct digest_cairn *d, struct str changes)
{
	struct digest_cairn_walk w = { .rest = changes, .bits = d->bits };
	uint64_t at, flips = 0;

	while (digest_cairn_next(&w, &at) == DIGEST_CAIRN_FLIP) {
		MUST(at < d->bits);
		flips++;
	}
	MUST(flips <= changes.n);
}

static void
check_cairn(struct str in)
{
	unsigned char head[DIGEST_CAIRN_HEAD];
	struct digest_cairn d;
	struct str rest;

	if (digest_cairn_read(in, &d, &rest) != NULL)
		return;
	MUST(fuzz_within(rest, in) && d.bits > 0 && d.hashes > 0 && d.hashes <= DIGEST_CAIRN_HASHES_MAX);
	digest_cairn_write(&d, head);
	MUST(memcmp(head, in.p, 10) == 0 && memcmp(head + 12, in.p + 12, sizeof head - 12) == 0);
	if (d.kind == DIGEST_CAIRN_CHANGES)
		check_changes(&d, rest);
	else
		MUST(rest.n * 8 == d.bits);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = fuzz_str(data, size);

	check_squid(in);
	check_cairn(in);
	return 0;
}
