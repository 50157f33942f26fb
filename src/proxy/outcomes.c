#include "proxy/outcomes.h"

bool
outcomes_has(const struct outcomes *o, struct hash128 key, int64_t now_ns)
{
	const struct outcome *set = o->sets[key.lo % OUTCOMES_SETS];

	for (unsigned i = 0; i < OUTCOMES_WAYS; i++)
		if (set[i].until_ns > now_ns && hash128_eq(set[i].key, key))
			return true;
	return false;
}

void
outcomes_add(struct outcomes *o, struct hash128 key, int64_t until_ns)
{
	struct outcome *set = o->sets[key.lo % OUTCOMES_SETS], *at = &set[0];

	for (unsigned i = 0; i < OUTCOMES_WAYS; i++) {
		if (hash128_eq(set[i].key, key)) {
			at = &set[i];
			break;
		}
		if (set[i].until_ns < at->until_ns)
			at = &set[i];
	}
	*at = (struct outcome){ key, until_ns };
}
