/* Amazon CloudFront: one verdict, since it does not append; the place in X-Amz-Cf-Pop; a hop in Via. */
#include "trail/dialect_impl.h"

void
read_cloudfront(struct reading *r)
{
	struct found *f = found_first(r, VENDOR_CLOUDFRONT);
	struct str pop = told_value(r, TOLD_X_AMZ_CF_POP);

	if (f == NULL)
		f = found_add(r, VENDOR_CLOUDFRONT);
	if (pop.n > 0) {
		f->tier.node = pop;
		f->tier.place = str_head(pop, 3);
		found_shows(r, f, TOLD_X_AMZ_CF_POP, pop);
	} else {
		found_shows(r, f, TOLD_X_AMZ_CF_ID, told_value(r, TOLD_X_AMZ_CF_ID));
	}
}
